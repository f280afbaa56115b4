package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Completion;
import dev.hosta.device.backend.Polled;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;

/**
 * Requests through an {@link IoUring}, without a thread: the device's own hands them over, a batch
 * at a time, takes at once what needed no waiting, and is woken for the rest.
 *
 * <p>No more calls are under way than the ring has places for results; the others wait here.
 *
 * <p>Threading: as {@link DiskEngine}; all fields are the attached loop's thread's, to which {@link
 * #drain} and {@link #close} go. Completions are called there.
 */
final class UringEngine implements DiskEngine {
    private static final int ENTRIES = 128;
    private static final int MAX_BUFFERS = 4;

    /** From here on, a copy out of the page cache would hold up the device's thread for long. */
    private static final int LONG_COPY_BYTES = 256 << 10;

    private static final long TABLE_BYTES =
            (long) DiskScratch.MAX_VECTORS * DiskScratch.VECTOR_BYTES;

    /** A request and what it waits for. */
    private static final class Job {
        private final Completion completion;
        private DiskStep step;
        private MappedMemory buffer;

        Job(DiskStep step, Completion completion) {
            this.step = step;
            this.completion = completion;
        }
    }

    /** The ring, to be looked at while calls are under way. */
    private final class Results implements Polled {
        @Override
        public boolean isExpecting() {
            return freeCount < freeTags.length;
        }

        @Override
        public boolean isReady() {
            return isExpecting() && ring.hasResults();
        }

        @Override
        public void serve() {
            turn();
        }

        @Override
        public void begin() {}

        @Override
        public void end() {}
    }

    private final boolean cached;
    private final IoUring ring;
    private final MappedMemory vectors;
    private final Job[] underWay;
    private final int[] freeTags;
    private final Queue<Job> waitingForRing = new ArrayDeque<>();
    private final Queue<Job> waitingForBuffer = new ArrayDeque<>();
    private final List<MappedMemory> buffers = new ArrayList<>();
    private final Queue<MappedMemory> freeBuffers = new ArrayDeque<>();
    private final Polled results = new Results();
    private volatile int fd = -1;
    private EventLoop loop;
    private int mostBuffers = MAX_BUFFERS;
    private int freeCount;
    private int unfinished;
    private boolean closed;

    /**
     * Makes the ring.
     *
     * @param cached whether it is read through the page cache
     * @throws LinuxException where the kernel refuses
     */
    UringEngine(boolean cached) {
        this.cached = cached;
        this.ring = IoUring.create(ENTRIES);
        try {
            // One table of vectors an entry; pages that are never used cost nothing.
            this.vectors = MappedMemory.anonymous(ring.entries() * TABLE_BYTES);
        } catch (LinuxException e) {
            ring.close();
            throw e;
        }
        try {
            // The first, without which a request could fail later on.
            addBuffer();
        } catch (LinuxException e) {
            vectors.close();
            ring.close();
            throw e;
        }
        this.underWay = new Job[ring.capacity()];
        this.freeTags = new int[ring.capacity()];
        for (int tag = 0; tag < freeTags.length; tag++) {
            freeTags[freeCount++] = tag;
        }
    }

    @Override
    public EngineChoice kind() {
        return EngineChoice.IO_URING;
    }

    @Override
    public void serve(FileDescriptor file) {
        fd = file.number();
    }

    @Override
    public void attach(EventLoop deviceLoop) {
        deviceLoop.call(
                () -> {
                    loop = Objects.requireNonNull(deviceLoop);
                    ring.enable();
                    loop.add(ring.fd(), EventLoop.READABLE, events -> turn());
                    loop.addPolled(results);
                });
    }

    @Override
    public void submit(DiskStep first, Completion completion) {
        if (closed) {
            throw new IllegalStateException("The disk is closed");
        }
        if (loop == null || !loop.isOwnThread()) {
            throw new IllegalStateException("A disk request came from a thread not the device's");
        }
        unfinished++;
        advance(new Job(first, completion));
    }

    /** Takes a request as far as it goes without waiting. */
    private void advance(Job job) {
        while (true) {
            switch (job.step) {
                case DiskStep.Call call -> {
                    start(job, call.call());
                    return;
                }
                case DiskStep.Borrow(var then) -> {
                    if (!lend(job)) {
                        waitingForBuffer.add(job);
                        return;
                    }
                    job.step = then.apply(job.buffer.segment());
                }
                case DiskStep.End(var result) -> {
                    giveBack(job);
                    unfinished--;
                    job.completion.done(result);
                    return;
                }
            }
        }
    }

    private boolean lend(Job job) {
        if (freeBuffers.isEmpty() && buffers.size() < mostBuffers) {
            try {
                addBuffer();
            } catch (LinuxException e) {
                // Those that are there come back, and have to do.
                mostBuffers = buffers.size();
            }
        }
        job.buffer = freeBuffers.poll();
        return job.buffer != null;
    }

    private void addBuffer() {
        MappedMemory made = MappedMemory.anonymous(DiskScratch.BUFFER_BYTES);
        buffers.add(made);
        freeBuffers.add(made);
    }

    private void giveBack(Job job) {
        if (job.buffer != null) {
            freeBuffers.add(job.buffer);
            job.buffer = null;
        }
    }

    private void start(Job job, DiskCall call) {
        if (freeCount == 0 || !hasEntry()) {
            waitingForRing.add(job);
            return;
        }
        freeCount--;
        int tag = freeTags[freeCount];
        underWay[tag] = job;
        prepare(call, tag);
    }

    private boolean hasEntry() {
        if (ring.prepared() == ring.entries()) {
            ring.enter(0);
        }
        return ring.prepared() < ring.entries();
    }

    private void prepare(DiskCall call, int tag) {
        switch (call) {
            case DiskCall.Transfer(boolean write, long offset, SegmentCursor at) -> {
                long tableAt = ring.nextIndex() * TABLE_BYTES;
                MemorySegment table = vectors.segment().asSlice(tableAt, TABLE_BYTES);
                boolean elsewhere = cached && !write && at.remaining() >= LONG_COPY_BYTES;
                int count = at.fill(table);
                if (count == 1) {
                    byte opcode = write ? IoUringAbi.OP_WRITE : IoUringAbi.OP_READ;
                    long address = table.get(ValueLayout.JAVA_LONG, 0);
                    long length = Math.min(Integer.MAX_VALUE, table.get(ValueLayout.JAVA_LONG, 8));
                    ring.prepare(opcode, fd, offset, address, (int) length, 0, tag);
                } else {
                    byte opcode = write ? IoUringAbi.OP_WRITEV : IoUringAbi.OP_READV;
                    ring.prepare(opcode, fd, offset, table.address(), count, 0, tag);
                }
                if (elsewhere) {
                    ring.makeLastAsync();
                }
            }
            case DiskCall.Sync() ->
                    ring.prepare(IoUringAbi.OP_FSYNC, fd, 0, 0, 0, IoUringAbi.FSYNC_DATASYNC, tag);
            case DiskCall.Allocate(int mode, long offset, long lengthBytes) ->
                    ring.prepare(IoUringAbi.OP_FALLOCATE, fd, offset, lengthBytes, mode, 0, tag);
        }
    }

    private void ended(int tag, int result) {
        Job job = underWay[tag];
        underWay[tag] = null;
        freeTags[freeCount++] = tag;
        if (!(job.step instanceof DiskStep.Call(DiskCall call, var then))) {
            throw new IllegalStateException("A result for a request without a call: tag=" + tag);
        }
        job.step = then.apply(result);
        advance(job);
    }

    @Override
    public void kick() {
        if (ring.prepared() > 0) {
            turn();
        }
    }

    /** Hands over what is prepared and takes what has ended, as often as there is something. */
    private void turn() {
        do {
            boolean taken = ring.enter(0);
            ring.reap(this::ended);
            startWaiting();
            if (!taken) {
                tryLater();
                return;
            }
        } while (ring.prepared() > 0);
    }

    private void startWaiting() {
        while (!waitingForBuffer.isEmpty()
                && (!freeBuffers.isEmpty() || buffers.size() < mostBuffers)) {
            advance(waitingForBuffer.remove());
        }
        while (!waitingForRing.isEmpty() && freeCount > 0 && hasEntry()) {
            advance(waitingForRing.remove());
        }
    }

    /** The kernel lacks memory: the next result brings the next turn, or else the next pass. */
    private void tryLater() {
        if (ring.prepared() == underWay.length - freeCount) {
            loop.execute(this::turn);
        }
    }

    @Override
    public void drain() {
        if (loop != null) {
            loop.call(this::finish);
        }
    }

    private void finish() {
        while (unfinished > 0) {
            ring.enter(1);
            ring.reap(this::ended);
            startWaiting();
        }
    }

    @Override
    public void close() {
        if (loop == null || !loop.call(this::end)) {
            // Never attached, or the thread is gone and with it what it had under way.
            end();
        }
    }

    private void end() {
        if (closed) {
            return;
        }
        if (loop != null && loop.isOwnThread()) {
            finish();
            loop.removePolled(results);
            loop.remove(ring.fd());
        }
        closed = true;
        ring.close();
        vectors.close();
        buffers.forEach(MappedMemory::close);
    }
}
