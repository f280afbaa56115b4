package dev.hosta.device.virtio.rng;

import dev.hosta.device.backend.Alarm;
import dev.hosta.device.backend.EntropySource;
import dev.hosta.device.virtio.QueueService;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.ServedDevice;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioEntropy;
import dev.hosta.device.virtio.abi.VirtioIds;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;

/**
 * A source of random bytes (virtio 1.2 §5.4) over an {@link EntropySource}.
 *
 * <p>The source writes straight into guest memory. A buffer gets {@link #MOST_BYTES} at most, and
 * with a rate no more than a second's worth: a driver takes what it is given and asks again
 * (§5.4.6.1), so neither a huge buffer nor a low rate holds anything up for long. A buffer that has
 * to wait stays in its queue.
 *
 * <p>The device keeps no state of its own; a restored one starts with its rate unused.
 *
 * <p>Threading: as {@link VirtioDevice}.
 */
public final class RngDevice implements ServedDevice {
    /** Most bytes for one buffer. */
    public static final int MOST_BYTES = 1 << 16;

    private static final int QUEUE_SIZE = 64;

    private final EntropySource source;
    private final RateLimit limit;
    private final long mostBytes;
    private final QueueService service;
    private final LongAdder requests = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder throttled = new LongAdder();
    private final LongAdder malformed = new LongAdder();

    /**
     * A source without a driver.
     *
     * @param source gives the bytes
     * @param bytesPerSecond the most that it gives, 1 or more; empty for no limit
     * @param alarm calls back when a limit allows more
     * @param deviceThread runs tasks one at a time, in order, on the device's thread, on which
     *     {@link #queueNotified} is called too
     */
    public RngDevice(
            EntropySource source, OptionalLong bytesPerSecond, Alarm alarm, Executor deviceThread) {
        this.source = Objects.requireNonNull(source);
        this.mostBytes = Math.min(MOST_BYTES, bytesPerSecond.orElse(MOST_BYTES));
        this.limit =
                bytesPerSecond.isPresent()
                        ? new RateLimit(
                                new RateLimit.Rate(0, 0, bytesPerSecond.getAsLong(), mostBytes),
                                alarm,
                                this::lookAgain)
                        : RateLimit.none();
        this.service = new QueueService(deviceThread, new Requests());
    }

    /** What the source has done so far. */
    public RngCounters requestCounters() {
        return new RngCounters(requests.sum(), bytes.sum(), throttled.sum(), malformed.sum());
    }

    @Override
    public SequencedMap<String, Long> counters() {
        return requestCounters().byName();
    }

    @Override
    public int deviceId() {
        return VirtioIds.ENTROPY;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public List<Integer> queueSizes() {
        return List.of(QUEUE_SIZE);
    }

    @Override
    public long readConfig(int offset, int widthBytes) {
        return 0;
    }

    @Override
    public void writeConfig(int offset, int widthBytes, long value) {}

    @Override
    public QueueService service() {
        return service;
    }

    @Override
    public void close() {}

    /** What the queue's service asks of a source of random bytes. */
    private final class Requests implements QueueService.Work {
        @Override
        public void activated(long features) {}

        @Override
        public boolean serve(int index, SplitQueue queue) {
            int chains = queue.size();
            long left = MOST_BYTES;
            do {
                queue.disableNotifications();
                for (var next = queue.pop(); next.isPresent(); next = queue.pop()) {
                    DescriptorChain chain = next.get();
                    long wanted = Math.min(chain.writableBytes(), mostBytes);
                    if (wanted == 0) {
                        throw new QueueException("Cannot fill a buffer: no writable bytes");
                    }
                    if (limit.holdsBack(wanted)) {
                        throttled.increment();
                        queue.unpop(chain);
                        return false;
                    }
                    limit.take(wanted);
                    fill(chain, wanted);
                    queue.push(chain, wanted);
                    left -= wanted;
                    chains--;
                    if (left <= 0 || chains == 0) {
                        return true;
                    }
                }
            } while (queue.enableNotifications());
            return false;
        }

        @Override
        public void served() {
            service.tellUsed();
        }

        @Override
        public CompletableFuture<Void> drained() {
            limit.forget();
            return CompletableFuture.completedFuture(null); // a buffer that waits is in its queue
        }

        @Override
        public void released() {}

        @Override
        public void malformed() {
            malformed.increment();
        }
    }

    private void lookAgain() {
        service.queueNotified(VirtioEntropy.REQUEST_QUEUE);
    }

    private void fill(DescriptorChain chain, long wanted) {
        for (MemorySegment piece : chain.writableSegments(0, wanted)) {
            source.fill(piece);
        }
        chain.markWritten(0, wanted);
        requests.increment();
        bytes.add(wanted);
    }
}
