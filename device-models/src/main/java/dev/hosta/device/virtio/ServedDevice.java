package dev.hosta.device.virtio;

import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.Map;

/**
 * A device whose life with its queues is a {@link QueueService}'s: what the transport tells the
 * device goes there, and the device does its own in {@link QueueService.Work}.
 *
 * <p>Threading: as {@link VirtioDevice}.
 */
public interface ServedDevice extends VirtioDevice {
    /** The one service of this device. */
    QueueService service();

    @Override
    default void activate(
            long features, Map<Integer, SplitQueue> readyQueues, DriverNotifier driver) {
        service().activate(features, readyQueues, driver);
    }

    @Override
    default void queueNotified(int index) {
        service().queueNotified(index);
    }

    @Override
    default void reset() {
        service().reset();
    }

    @Override
    default void pause() {
        service().pause();
    }

    @Override
    default void resume() {
        service().resume();
    }
}
