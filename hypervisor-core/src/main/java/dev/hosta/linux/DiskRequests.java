package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Result;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * What a disk's requests are in system calls, whoever carries them out.
 *
 * <p>Short transfers are continued, interrupted calls are made again. With {@link CacheMode#NONE}
 * memory that the host cannot take for {@code O_DIRECT} goes through a buffer. After a flush that
 * failed all flushes fail: the kernel forgets which pages it could not write, so that a later
 * success would promise too much.
 *
 * <p>Threading: any thread.
 */
final class DiskRequests {
    private static final int FALLOC_FL_KEEP_SIZE = 0x1;
    private static final int FALLOC_FL_PUNCH_HOLE = 0x2;
    private static final int FALLOC_FL_ZERO_RANGE = 0x10;

    private static final System.Logger LOG = System.getLogger(DiskRequests.class.getName());

    private final OpenDisk disk;
    private final AtomicLong errors = new AtomicLong();
    private volatile boolean flushFailed;

    /** Requests to a disk that is open. */
    DiskRequests(OpenDisk disk) {
        this.disk = disk;
    }

    /** Requests that the host failed, since the start. */
    long errorCount() {
        return errors.get();
    }

    /** Moves bytes between the file from {@code offset} on and the segments. */
    DiskStep transfer(boolean write, long offset, List<MemorySegment> segments) {
        SegmentCursor at = new SegmentCursor(segments);
        return disk.takes(segments)
                ? straight(write, offset, at, DiskStep.End::new)
                : new DiskStep.Borrow(buffer -> bounced(write, offset, at, buffer));
    }

    private DiskStep straight(
            boolean write, long offset, SegmentCursor at, Function<Result, DiskStep> then) {
        if (at.remaining() == 0) {
            return then.apply(Result.OK);
        }
        return new DiskStep.Call(
                new DiskCall.Transfer(write, offset, at),
                n -> {
                    if (n > 0) {
                        at.advance(n);
                        return straight(write, offset + n, at, then);
                    }
                    if (again(n)) {
                        return straight(write, offset, at, then);
                    }
                    String call = write ? "write" : "read";
                    return then.apply(failed(n == 0 ? call + " at the end" : call, offset, -n));
                });
    }

    private DiskStep bounced(boolean write, long offset, SegmentCursor at, MemorySegment buffer) {
        if (at.remaining() == 0) {
            return new DiskStep.End(Result.OK);
        }
        MemorySegment part = buffer.asSlice(0, Math.min(at.remaining(), buffer.byteSize()));
        if (write) {
            at.copyTo(part);
        }
        return straight(
                write,
                offset,
                new SegmentCursor(List.of(part)),
                result -> {
                    if (result != Result.OK) {
                        return new DiskStep.End(result);
                    }
                    if (!write) {
                        at.copyFrom(part);
                    }
                    return bounced(write, offset + part.byteSize(), at, buffer);
                });
    }

    /** Gives a range back to the file system. */
    DiskStep discard(long offset, long lengthBytes) {
        return allocate(
                FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, lengthBytes, this::durable);
    }

    /** Makes a range read as zeros, by writing them where the file system knows no better way. */
    DiskStep writeZeroes(long offset, long lengthBytes, boolean mayUnmap) {
        int how = mayUnmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
        return allocate(
                how | FALLOC_FL_KEEP_SIZE,
                offset,
                lengthBytes,
                result ->
                        result == Result.UNSUPPORTED
                                ? new DiskStep.Borrow(
                                        buffer -> zero(offset, lengthBytes, buffer.fill((byte) 0)))
                                : durable(result));
    }

    private DiskStep zero(long offset, long lengthBytes, MemorySegment zeros) {
        if (lengthBytes == 0) {
            return new DiskStep.End(Result.OK);
        }
        long length = Math.min(lengthBytes, zeros.byteSize());
        return straight(
                true,
                offset,
                new SegmentCursor(List.of(zeros.asSlice(0, length))),
                result ->
                        result == Result.OK
                                ? zero(offset + length, lengthBytes - length, zeros)
                                : new DiskStep.End(result));
    }

    private DiskStep allocate(
            int mode, long offset, long lengthBytes, Function<Result, DiskStep> then) {
        return new DiskStep.Call(
                new DiskCall.Allocate(mode, offset, lengthBytes),
                n -> {
                    if (n >= 0) {
                        return then.apply(Result.OK);
                    }
                    if (again(n)) {
                        return allocate(mode, offset, lengthBytes, then);
                    }
                    boolean unknown =
                            n == -Errno.EOPNOTSUPP || n == -Errno.ENOSYS || n == -Errno.ENODEV;
                    return then.apply(
                            unknown ? Result.UNSUPPORTED : failed("fallocate", offset, -n));
                });
    }

    /** Without a write cache, what changed the file's extents is made durable at once. */
    private DiskStep durable(Result result) {
        return result == Result.OK && disk.cache() == CacheMode.WRITETHROUGH
                ? flush()
                : new DiskStep.End(result);
    }

    /** Makes all that was written durable. */
    DiskStep flush() {
        if (flushFailed) {
            return new DiskStep.End(Result.IO_ERROR);
        }
        if (disk.readOnly()) {
            return new DiskStep.End(Result.OK);
        }
        return new DiskStep.Call(
                new DiskCall.Sync(),
                n -> {
                    if (again(n)) {
                        return flush();
                    }
                    if (n < 0) {
                        flushFailed = true;
                        return new DiskStep.End(failed("fdatasync", 0, -n));
                    }
                    return new DiskStep.End(flushFailed ? Result.IO_ERROR : Result.OK);
                });
    }

    /** As {@link #flush}, by a call that blocks this thread, whatever the engine. */
    Result flushHere() {
        DiskStep step = flush();
        while (step instanceof DiskStep.Call call) { // of which a flush makes no other than this
            int n = Native.LIBC.fdatasync(disk.fd().number());
            step = call.then().apply(n < 0 ? -Native.errno() : n);
        }
        return step.equals(new DiskStep.End(Result.OK)) ? Result.OK : Result.IO_ERROR;
    }

    private static boolean again(int result) {
        return result == -Errno.EINTR || result == -Errno.EAGAIN;
    }

    /** Counts a failure and tells of the first; the guest sees each. */
    private Result failed(String call, long offset, int errno) {
        if (errors.getAndIncrement() == 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The host failed a request of disk "
                            + disk.path()
                            + ": call="
                            + call
                            + ", offset="
                            + offset
                            + ", errno="
                            + Errno.describe(errno)
                            + ". The guest sees an I/O error; further ones are counted only.");
        }
        return Result.IO_ERROR;
    }
}
