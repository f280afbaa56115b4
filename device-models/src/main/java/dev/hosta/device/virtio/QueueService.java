package dev.hosta.device.virtio;

import dev.hosta.device.backend.Polled;
import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.device.virtio.queue.QueueException;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The part of a device's life that all devices share: who has the queues, whether they may be
 * served now, and what becomes of a driver that breaks the rules. A device hands the calls of
 * {@link VirtioDevice} on to it and does its own in {@link Work}.
 *
 * <p>Threading: {@link #activate}, {@link #reset}, {@link #pause} and {@link #resume} as {@link
 * VirtioDevice}; all else, and all of {@link Work}, on the device's thread.
 */
public final class QueueService implements Polled {
    /** What a device does with its queues; called on the device's thread. */
    public interface Work {
        /** A driver has taken the device; its queues are looked into next. */
        void activated(long features);

        /**
         * Serves one queue, but takes no more than one queue's worth of chains.
         *
         * @return whether there may be more, of which no notification will come
         * @throws QueueException if the driver broke the rules; the device is then broken
         * @throws GuestMemoryException if buffers are not in RAM, likewise
         */
        boolean serve(int index, SplitQueue queue);

        /** A queue was looked at, or could not be; ends what has ended and tells the driver. */
        void served();

        /**
         * Begins to end what is in flight: complete once no chain is out. Nothing is served
         * meanwhile.
         */
        CompletableFuture<Void> drained();

        /** The driver has filled a queue, as {@link VirtioDevice#queueNotified} would tell. */
        default void awaited(int index) {}

        /** The queues are gone. */
        void released();

        /** A pause is over; the queues are looked into next. */
        default void resumed() {}

        /** The driver broke the rules; counted. */
        void malformed();
    }

    private static final DriverNotifier NOBODY =
            new DriverNotifier() {
                @Override
                public void usedBuffers(int queueIndex) {}

                @Override
                public void configChanged() {}

                @Override
                public void needsReset(String reason) {}
            };

    private final DeviceThread thread;
    private final Work work;
    private Map<Integer, SplitQueue> queues = Map.of();
    private SplitQueue[] looked = new SplitQueue[0]; // the same, to look at without garbage
    private DriverNotifier notifier = NOBODY;
    private boolean paused;
    private boolean resetting;
    private boolean broken;
    private boolean polling;

    /**
     * A device without a driver.
     *
     * @param deviceThread runs tasks one at a time, in order, on the device's thread
     * @param work what the device does
     */
    public QueueService(Executor deviceThread, Work work) {
        this.thread = new DeviceThread(deviceThread);
        this.work = Objects.requireNonNull(work);
    }

    /** As {@link VirtioDevice#activate}. */
    public void activate(
            long features, Map<Integer, SplitQueue> readyQueues, DriverNotifier driver) {
        thread.await(
                () -> {
                    queues = Map.copyOf(readyQueues);
                    looked = readyQueues.values().toArray(new SplitQueue[0]);
                    notifier = driver;
                    polling = false;
                    broken = false;
                    work.activated(features);
                    lookIntoQueues();
                    return CompletableFuture.completedFuture(null);
                });
    }

    /** As {@link VirtioDevice#reset}. */
    public void reset() {
        thread.await(
                () -> {
                    resetting = true;
                    return work.drained().thenRun(this::letGo);
                });
    }

    private void letGo() {
        polling = false;
        queues = Map.of();
        looked = new SplitQueue[0];
        notifier = NOBODY;
        broken = false;
        resetting = false;
        work.released();
    }

    /** As {@link VirtioDevice#pause}. */
    public void pause() {
        thread.await(
                () -> {
                    paused = true;
                    end(); // a paused device writes nothing to the guest any more
                    return work.drained();
                });
    }

    /** As {@link VirtioDevice#resume}. */
    public void resume() {
        thread.await(
                () -> {
                    paused = false;
                    work.resumed();
                    lookIntoQueues();
                    return CompletableFuture.completedFuture(null);
                });
    }

    private void lookIntoQueues() {
        for (int index : queues.keySet()) {
            thread.execute(() -> queueNotified(index));
        }
    }

    /** As {@link VirtioDevice#queueNotified}; also for a device that found work by itself. */
    public void queueNotified(int index) {
        Optional<SplitQueue> queue = servable(index);
        if (queue.isEmpty()) {
            return;
        }
        try {
            if (work.serve(index, queue.get())) {
                thread.execute(() -> queueNotified(index));
            }
        } catch (QueueException | GuestMemoryException e) {
            breakDown(e);
        }
        work.served();
    }

    @Override
    public boolean isExpecting() {
        return !paused && !resetting && !broken && !queues.isEmpty();
    }

    @Override
    public boolean isReady() {
        if (!isExpecting()) {
            return false;
        }
        for (int i = 0; i < looked.length; i++) {
            if (looked[i].isAwaited()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void serve() {
        queues.forEach(
                (index, queue) -> {
                    if (queue.isAwaited()) {
                        work.awaited(index);
                        queueNotified(index);
                    }
                });
    }

    @Override
    public void begin() {
        if (isExpecting() && !polling) {
            polling = true;
            queues.values().forEach(SplitQueue::beginPolling);
        }
    }

    @Override
    public void end() {
        if (polling && !broken) {
            queues.values().forEach(SplitQueue::endPolling);
        }
        polling = false;
    }

    /** A queue that may be served now: active, not paused, not broken. */
    public Optional<SplitQueue> servable(int index) {
        return paused || resetting || broken
                ? Optional.empty()
                : Optional.ofNullable(queues.get(index));
    }

    /** Whether the device is paused, so that it says nothing to its driver. */
    public boolean isPaused() {
        return paused;
    }

    /** Whether the driver broke the rules, so that its queues are not to be touched. */
    public boolean isBroken() {
        return broken;
    }

    /** The driver broke the rules: says so to it, and serves no more until a reset. */
    public void breakDown(RuntimeException reason) {
        work.malformed();
        broken = true;
        notifier.needsReset(reason.getMessage());
    }

    /** Tells the driver, once a queue, of what was pushed since it was last told. */
    public void tellUsed() {
        if (broken) {
            return;
        }
        queues.forEach(
                (index, queue) -> {
                    if (queue.needsInterrupt()) {
                        notifier.usedBuffers(index);
                    }
                });
    }

    /** Tells the driver that the configuration space changed. */
    public void tellConfigChanged() {
        notifier.configChanged();
    }

    /** Runs a task on the device's thread and waits for its end. Any other thread. */
    public void await(Runnable task) {
        thread.await(
                () -> {
                    task.run();
                    return CompletableFuture.completedFuture(null);
                });
    }

    /** Runs a task on the device's thread, some time. Any thread. */
    public void execute(Runnable task) {
        thread.execute(task);
    }
}
