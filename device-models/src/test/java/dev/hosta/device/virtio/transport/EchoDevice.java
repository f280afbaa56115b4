package dev.hosta.device.virtio.transport;

import dev.hosta.device.virtio.DriverNotifier;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The least device: two queues, of which each gives back what it is sent. All on one thread. */
final class EchoDevice implements VirtioDevice {
    static final long FEATURE = 1L << 3;

    private Map<Integer, SplitQueue> queues = Map.of();
    private Optional<DriverNotifier> driver = Optional.empty();
    private long features;
    private boolean paused;
    private long config = 0x8877_6655_4433_2211L;
    private int closed;

    /** Says that the configuration changed. */
    void changeConfig(long value) {
        config = value;
        driver.orElseThrow().configChanged();
    }

    /** Queues that the device has been handed. */
    Map<Integer, SplitQueue> queues() {
        return queues;
    }

    /** Features that were negotiated. */
    long negotiated() {
        return features;
    }

    /** How often it was closed. */
    int closed() {
        return closed;
    }

    @Override
    public int deviceId() {
        return 42;
    }

    @Override
    public long features() {
        return FEATURE;
    }

    @Override
    public List<Integer> queueSizes() {
        return List.of(16, 8);
    }

    @Override
    public long readConfig(int offset, int widthBytes) {
        return offset < 8 ? config >>> (8 * offset) : 0;
    }

    @Override
    public void writeConfig(int offset, int widthBytes, long value) {
        if (offset == 0 && widthBytes == 4) {
            config = config & ~0xffff_ffffL | value;
        }
    }

    @Override
    public void activate(
            long accepted, Map<Integer, SplitQueue> readyQueues, DriverNotifier notifier) {
        features = accepted;
        queues = Map.copyOf(readyQueues);
        driver = Optional.of(notifier);
        queues.keySet().forEach(this::queueNotified);
    }

    @Override
    public void queueNotified(int index) {
        SplitQueue queue = queues.get(index);
        if (queue == null || paused) {
            return;
        }
        try {
            do {
                for (var next = queue.pop(); next.isPresent(); next = queue.pop()) {
                    echo(queue, next.get());
                }
            } while (queue.enableNotifications());
        } catch (QueueException e) {
            queues = Map.of();
            driver.orElseThrow().needsReset(e.getMessage());
            return;
        }
        if (queue.needsInterrupt()) {
            driver.orElseThrow().usedBuffers(index);
        }
    }

    private static void echo(SplitQueue queue, DescriptorChain chain) {
        long length = Math.min(chain.readableBytes(), chain.writableBytes());
        MemorySegment copy = MemorySegment.ofArray(new byte[(int) length]);
        chain.read(0, copy);
        chain.write(0, copy);
        queue.push(chain, length);
    }

    @Override
    public void reset() {
        queues = Map.of();
        driver = Optional.empty();
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
        queues.keySet().forEach(this::queueNotified);
    }

    @Override
    public void close() {
        closed++;
    }
}
