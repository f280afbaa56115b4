package dev.hosta.device.virtio.block;

import dev.hosta.device.backend.BlockBackend;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A disk in memory; ends requests inside the submission, or out of order on a thread of its own.
 */
public final class MemoryBackend implements BlockBackend {
    private final Geometry geometry;
    private final boolean readOnly;
    private final boolean writeCache;
    private final MemorySegment blocks;
    private final List<Runnable> held = new ArrayList<>();
    private ExecutorService worker;
    private boolean holding;
    private Result forced = Result.OK;
    private int flushes;
    private volatile boolean closed;

    /** A disk of zeros with blocks of {@code blockBytes}. */
    public MemoryBackend(int capacityBytes, int blockBytes, boolean readOnly, boolean writeCache) {
        this.geometry = new Geometry(capacityBytes, blockBytes, 4096, 65536);
        this.readOnly = readOnly;
        this.writeCache = writeCache;
        this.blocks = MemorySegment.ofArray(new byte[capacityBytes]);
    }

    /** What the disk holds. */
    public MemorySegment blocks() {
        return blocks;
    }

    /** From now on requests end on another thread. */
    public void endElsewhere() {
        worker = Executors.newSingleThreadExecutor();
    }

    /** From now on requests wait for {@link #letGo}. */
    public synchronized void hold() {
        holding = true;
    }

    /** Ends what was held, last first. */
    public void letGo() {
        List<Runnable> ends;
        synchronized (this) {
            holding = false;
            ends = List.copyOf(held).reversed();
            held.clear();
        }
        ends.forEach(Runnable::run);
    }

    /** Requests that are held. */
    public synchronized int heldCount() {
        return held.size();
    }

    /** From now on requests end so. */
    public void force(Result result) {
        forced = result;
    }

    /** Flushes so far. */
    public int flushes() {
        return flushes;
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        return closed;
    }

    private void run(Runnable work, Completion completion) {
        Runnable end =
                () -> {
                    if (forced == Result.OK) {
                        work.run();
                    }
                    completion.done(forced);
                };
        synchronized (this) {
            if (holding) {
                held.add(end);
                return;
            }
        }
        if (worker != null) {
            worker.execute(end);
        } else {
            end.run();
        }
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    @Override
    public boolean hasWriteCache() {
        return writeCache;
    }

    @Override
    public String serial() {
        return "memory-0";
    }

    @Override
    public void read(long offset, List<MemorySegment> to, Completion completion) {
        run(
                () -> {
                    long at = offset;
                    for (MemorySegment piece : to) {
                        piece.copyFrom(blocks.asSlice(at, piece.byteSize()));
                        at += piece.byteSize();
                    }
                },
                completion);
    }

    @Override
    public void write(long offset, List<MemorySegment> from, Completion completion) {
        run(
                () -> {
                    long at = offset;
                    for (MemorySegment piece : from) {
                        blocks.asSlice(at, piece.byteSize()).copyFrom(piece);
                        at += piece.byteSize();
                    }
                },
                completion);
    }

    @Override
    public void flush(Completion completion) {
        run(() -> flushes++, completion);
    }

    @Override
    public void discard(long offset, long lengthBytes, Completion completion) {
        run(() -> blocks.asSlice(offset, lengthBytes).fill((byte) 0xdd), completion);
    }

    @Override
    public void writeZeroes(
            long offset, long lengthBytes, boolean mayUnmap, Completion completion) {
        run(() -> blocks.asSlice(offset, lengthBytes).fill((byte) 0), completion);
    }

    @Override
    public void drain() {
        if (worker != null) {
            CountDownLatch reached = new CountDownLatch(1);
            worker.execute(reached::countDown);
            try {
                if (!reached.await(10, TimeUnit.SECONDS)) {
                    throw new AssertionError("requests do not end");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        if (worker != null) {
            worker.shutdown();
        }
    }
}
