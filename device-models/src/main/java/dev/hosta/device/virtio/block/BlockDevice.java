package dev.hosta.device.virtio.block;

import dev.hosta.device.backend.Alarm;
import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.backend.Polled;
import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.device.virtio.QueueService;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.ServedDevice;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.abi.VirtioIds;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A disk (virtio 1.2 §5.2) over a {@link BlockBackend}, with one queue.
 *
 * <p>Data goes between backend and guest memory without a copy; requests end in the order in which
 * the backend ends them. A driver that did not negotiate FLUSH has each write flushed before it
 * ends (§5.2.6.2). Requests that the disk cannot do end with their status; a chain that is no
 * request makes the device need a reset, and what is in flight then ends unseen.
 *
 * <p>The device keeps no state of its own while nothing is in flight: what there is to save is the
 * transport's.
 *
 * <p>Threading: as {@link VirtioDevice}. All fields below the line are the device's thread's;
 * completions from other threads come to it through a queue, in batches.
 */
public final class BlockDevice implements ServedDevice {
    private final BlockBackend backend;
    private final BlockConfig config;
    private final QueueService service;
    private final RateLimit limit;
    private final BlockCounting counting = new BlockCounting();
    private final Queue<BlockRequest> ended = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean reapScheduled = new AtomicBoolean();
    private volatile Thread batchThread;

    // ---- the device's thread only
    private final List<CompletableFuture<Void>> waitingForIdle = new ArrayList<>();
    private BlockParser parser;
    private boolean writeThrough;
    private boolean submitted;
    private int outstanding;

    /**
     * A disk without a driver.
     *
     * @param backend keeps the blocks; the device closes it
     * @param deviceThread runs tasks one at a time, in order, on the device's thread, on which
     *     {@link #queueNotified} is called too; lives until after {@link #close}
     */
    public BlockDevice(BlockBackend backend, Executor deviceThread) {
        this(backend, deviceThread, device -> RateLimit.none());
    }

    /**
     * A disk whose driver waits where it asks too much: its requests stay in the queue meanwhile.
     *
     * @param rate how many requests, and how many bytes of data, the disk does
     * @param alarm belongs to this device
     */
    public BlockDevice(
            BlockBackend backend, Executor deviceThread, RateLimit.Rate rate, Alarm alarm) {
        this(
                backend,
                deviceThread,
                device -> new RateLimit(rate, alarm, () -> device.queueNotified(0)));
    }

    private BlockDevice(
            BlockBackend backend, Executor deviceThread, Function<QueueService, RateLimit> limit) {
        this.backend = Objects.requireNonNull(backend);
        this.config = new BlockConfig(backend);
        this.service = new QueueService(deviceThread, new Requests());
        this.limit = limit.apply(service);
        this.parser = new BlockParser(backend.geometry(), 0);
    }

    /** What the disk has done so far. */
    public BlockCounters requestCounters() {
        return counting.snapshot();
    }

    @Override
    public SequencedMap<String, Long> counters() {
        return requestCounters().byName();
    }

    @Override
    public int deviceId() {
        return VirtioIds.BLOCK;
    }

    @Override
    public long features() {
        return config.features();
    }

    @Override
    public List<Integer> queueSizes() {
        return List.of(BlockConfig.QUEUE_SIZE);
    }

    @Override
    public long readConfig(int offset, int widthBytes) {
        return config.read(offset, widthBytes);
    }

    @Override
    public void writeConfig(int offset, int widthBytes, long value) {}

    @Override
    public QueueService service() {
        return service;
    }

    @Override
    public Optional<Polled> polled() {
        return Optional.of(service);
    }

    @Override
    public void close() {
        backend.close();
    }

    /** What the queue's service asks of a disk. */
    private final class Requests implements QueueService.Work {
        @Override
        public void activated(long features) {
            long readOnly = backend.isReadOnly() ? VirtioBlk.F_RO : 0;
            parser = new BlockParser(backend.geometry(), features | readOnly);
            writeThrough = backend.hasWriteCache() && (features & VirtioBlk.F_FLUSH) == 0;
        }

        @Override
        public boolean serve(int index, SplitQueue queue) {
            batchThread = Thread.currentThread();
            try {
                int left = queue.size();
                do {
                    queue.disableNotifications();
                    for (var chain = queue.pop(); chain.isPresent(); chain = queue.pop()) {
                        if (isHeldBack(queue, chain.get())) {
                            return false;
                        }
                        submit(queue, chain.get());
                        left--;
                        if (left == 0) {
                            return true;
                        }
                    }
                } while (queue.enableNotifications());
                return false;
            } finally {
                batchThread = null;
            }
        }

        @Override
        public void served() {
            reap();
        }

        @Override
        public CompletableFuture<Void> drained() {
            limit.forget();
            CompletableFuture<Void> idle = new CompletableFuture<>();
            if (outstanding == 0) {
                idle.complete(null);
            } else {
                waitingForIdle.add(idle);
            }
            return idle;
        }

        @Override
        public void released() {}

        @Override
        public void malformed() {
            counting.malformed();
        }
    }

    /** Whether a request must wait, and is in the queue again for that. */
    private boolean isHeldBack(SplitQueue queue, DescriptorChain chain) {
        long bytes = chain.readableBytes() + chain.writableBytes() - BlockParser.FRAME_BYTES;
        long dataBytes = Math.max(0, bytes);
        if (limit.holdsBack(dataBytes)) {
            queue.unpop(chain);
            return true;
        }
        limit.take(dataBytes);
        return false;
    }

    private void submit(SplitQueue queue, DescriptorChain chain) {
        BlockCommand command = parser.parse(chain);
        switch (command) {
            case BlockCommand.Read(long offset, long lengthBytes) -> {
                List<MemorySegment> to = chain.writableSegments(0, lengthBytes);
                BlockRequest request = begin(queue, chain, command, 1);
                backend.read(offset, to, result -> partEnded(request, result));
            }
            case BlockCommand.Write(long offset, long lengthBytes) -> {
                List<MemorySegment> from =
                        chain.readableSegments(VirtioBlk.HEADER_BYTES, lengthBytes);
                BlockRequest request = begin(queue, chain, command, 1);
                if (writeThrough) {
                    request.flushAfterwards();
                }
                backend.write(offset, from, result -> partEnded(request, result));
            }
            case BlockCommand.Flush() -> {
                BlockRequest request = begin(queue, chain, command, 1);
                backend.flush(result -> partEnded(request, result));
            }
            case BlockCommand.Discard(List<BlockCommand.Range> ranges) -> {
                BlockRequest request = begin(queue, chain, command, ranges.size());
                for (BlockCommand.Range range : ranges) {
                    backend.discard(
                            range.offset(),
                            range.lengthBytes(),
                            result -> partEnded(request, result));
                }
            }
            case BlockCommand.WriteZeroes(List<BlockCommand.Range> ranges) -> {
                BlockRequest request = begin(queue, chain, command, ranges.size());
                if (writeThrough) {
                    request.flushAfterwards();
                }
                for (BlockCommand.Range range : ranges) {
                    backend.writeZeroes(
                            range.offset(),
                            range.lengthBytes(),
                            range.mayUnmap(),
                            result -> partEnded(request, result));
                }
            }
            case BlockCommand.Serial(int lengthBytes) -> {
                byte[] id = backend.serial().getBytes(StandardCharsets.US_ASCII);
                byte[] padded = Arrays.copyOf(id, lengthBytes);
                chain.write(0, MemorySegment.ofArray(padded));
                ended.add(begin(queue, chain, command, 0));
            }
            case BlockCommand.Refused(int status) -> {
                BlockRequest request = begin(queue, chain, command, 0);
                request.refuse(status);
                ended.add(request);
            }
        }
    }

    private BlockRequest begin(
            SplitQueue queue, DescriptorChain chain, BlockCommand command, int parts) {
        outstanding++;
        submitted |= parts > 0;
        return new BlockRequest(queue, chain, command, parts);
    }

    /** Any thread: what ended inside a batch is reaped at its end, the rest by a task. */
    private void partEnded(BlockRequest request, BlockBackend.Result result) {
        if (!request.partEnded(result)) {
            return;
        }
        ended.add(request);
        if (Thread.currentThread() != batchThread && reapScheduled.compareAndSet(false, true)) {
            service.execute(this::reap);
        }
    }

    /** Ends all requests that are done, then tells the driver once. */
    private void reap() {
        reapScheduled.set(false);
        batchThread = Thread.currentThread();
        try {
            kick();
            for (BlockRequest next = ended.poll(); next != null; next = ended.poll()) {
                end(next);
                kick();
            }
        } finally {
            batchThread = null;
        }
        service.tellUsed();
        if (outstanding == 0 && !waitingForIdle.isEmpty()) {
            List<CompletableFuture<Void>> waiting = List.copyOf(waitingForIdle);
            waitingForIdle.clear();
            waiting.forEach(idle -> idle.complete(null));
        }
    }

    private void kick() {
        if (submitted) {
            submitted = false;
            backend.kick();
        }
    }

    private void end(BlockRequest request) {
        if (request.takeFlush()) {
            submitted = true;
            backend.flush(result -> partEnded(request, result));
            return;
        }
        outstanding--;
        counting.ended(request.command(), request.status());
        if (service.isBroken()) {
            return;
        }
        DescriptorChain chain = request.chain();
        try {
            long dataBytes = dataBytes(request);
            chain.markWritten(0, dataBytes);
            chain.writeU8(chain.writableBytes() - 1, request.status());
            request.queue().push(chain, dataBytes + 1);
        } catch (GuestMemoryException e) {
            service.breakDown(e);
        }
    }

    /** Bytes that the request wrote before its status. */
    private static long dataBytes(BlockRequest request) {
        if (request.status() != VirtioBlk.S_OK) {
            return 0;
        }
        return switch (request.command()) {
            case BlockCommand.Read read -> read.lengthBytes();
            case BlockCommand.Serial serial -> serial.lengthBytes();
            default -> 0;
        };
    }
}
