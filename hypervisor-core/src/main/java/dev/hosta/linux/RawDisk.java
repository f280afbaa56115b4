package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A disk whose blocks stand in a file or block device just as the guest sees them.
 *
 * <p>Requests are blocking system calls on a few threads of the disk's own, straight between the
 * file and guest memory; only with {@link CacheMode#NONE} and memory that the host cannot take for
 * {@code O_DIRECT} goes a request through a buffer. After a flush that failed all flushes fail: the
 * kernel forgets which pages it could not write, so that a later success would promise too much.
 *
 * <p>Threading: see {@link BlockBackend}; completions are called by the disk's threads.
 */
public final class RawDisk implements BlockBackend {
    private static final int FALLOC_FL_KEEP_SIZE = 0x1;
    private static final int FALLOC_FL_PUNCH_HOLE = 0x2;
    private static final int FALLOC_FL_ZERO_RANGE = 0x10;

    private static final System.Logger LOG = System.getLogger(RawDisk.class.getName());

    private final OpenDisk disk;
    private final String serial;
    private final DiskWorkers workers;
    private final AtomicLong errors = new AtomicLong();
    private volatile boolean flushFailed;
    private volatile boolean closed;

    private RawDisk(OpenDisk disk, String serial) {
        this.disk = disk;
        this.serial = serial;
        this.workers = new DiskWorkers(serial);
    }

    /**
     * Opens and locks a disk: alone for one who writes, with other readers otherwise.
     *
     * @param path file or block device
     * @param readOnly whether writes are refused
     * @param cache how writes travel
     * @param surelyRaw whether it is raw even where it looks like an image of another format
     * @param serial what the guest reads as serial number, 1 to 20 ASCII characters
     * @throws DiskException where it is no disk that can be used so
     */
    public static RawDisk open(
            Path path, boolean readOnly, CacheMode cache, boolean surelyRaw, String serial) {
        RawDisk disk = new RawDisk(OpenDisk.open(path, readOnly, cache, surelyRaw), serial);
        disk.workers.start();
        return disk;
    }

    @Override
    public Geometry geometry() {
        return disk.geometry();
    }

    @Override
    public boolean isReadOnly() {
        return disk.readOnly();
    }

    @Override
    public boolean hasWriteCache() {
        return disk.cache() != CacheMode.WRITETHROUGH;
    }

    @Override
    public String serial() {
        return serial;
    }

    /** Requests that the host failed, since the start. */
    public long errorCount() {
        return errors.get();
    }

    @Override
    public void read(long offset, List<MemorySegment> to, Completion completion) {
        workers.submit(scratch -> transfer(false, offset, to, scratch), completion);
    }

    @Override
    public void write(long offset, List<MemorySegment> from, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        workers.submit(scratch -> transfer(true, offset, from, scratch), completion);
    }

    @Override
    public void flush(Completion completion) {
        workers.submit(scratch -> flush(), completion);
    }

    @Override
    public void discard(long offset, long lengthBytes, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        workers.submit(scratch -> durable(allocate(mode, offset, lengthBytes)), completion);
    }

    @Override
    public void writeZeroes(
            long offset, long lengthBytes, boolean mayUnmap, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        int how = mayUnmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
        workers.submit(
                scratch -> {
                    Result result = allocate(how | FALLOC_FL_KEEP_SIZE, offset, lengthBytes);
                    return result == Result.UNSUPPORTED
                            ? zero(offset, lengthBytes, scratch)
                            : durable(result);
                },
                completion);
    }

    private Result transfer(
            boolean write, long offset, List<MemorySegment> segments, DiskScratch scratch) {
        SegmentCursor cursor = new SegmentCursor(segments);
        return disk.takes(segments)
                ? straight(write, offset, cursor, scratch)
                : bounced(write, offset, cursor, scratch);
    }

    private Result straight(boolean write, long offset, SegmentCursor at, DiskScratch scratch) {
        MemorySegment vectors = scratch.vectors();
        long position = offset;
        while (at.remaining() > 0) {
            int count = at.fill(vectors);
            int fd = disk.fd().number();
            long n =
                    write
                            ? Native.LIBC.pwritev(fd, vectors.address(), count, position)
                            : Native.LIBC.preadv(fd, vectors.address(), count, position);
            if (n > 0) {
                at.advance(n);
                position += n;
            } else if (n == 0) {
                return failed(write ? "pwritev" : "preadv at its end", position, 0);
            } else if (Native.errno() != Errno.EINTR) {
                return failed(write ? "pwritev" : "preadv", position, Native.errno());
            }
        }
        return Result.OK;
    }

    private Result bounced(boolean write, long offset, SegmentCursor at, DiskScratch scratch) {
        long position = offset;
        Result result = Result.OK;
        while (at.remaining() > 0 && result == Result.OK) {
            long length = Math.min(at.remaining(), scratch.buffer().byteSize());
            MemorySegment part = scratch.buffer().asSlice(0, length);
            if (write) {
                at.copyTo(part);
            }
            result = straight(write, position, new SegmentCursor(List.of(part)), scratch);
            if (!write && result == Result.OK) {
                at.copyFrom(part);
            }
            position += length;
        }
        return result;
    }

    private Result zero(long offset, long lengthBytes, DiskScratch scratch) {
        MemorySegment zeros = scratch.buffer().fill((byte) 0);
        Result result = Result.OK;
        for (long done = 0; done < lengthBytes && result == Result.OK; ) {
            long length = Math.min(lengthBytes - done, zeros.byteSize());
            SegmentCursor part = new SegmentCursor(List.of(zeros.asSlice(0, length)));
            result = straight(true, offset + done, part, scratch);
            done += length;
        }
        return result;
    }

    private Result allocate(int mode, long offset, long lengthBytes) {
        while (Native.LIBC.fallocate(disk.fd().number(), mode, offset, lengthBytes) < 0) {
            int errno = Native.errno();
            if (errno == Errno.EOPNOTSUPP || errno == Errno.ENOSYS || errno == Errno.ENODEV) {
                return Result.UNSUPPORTED;
            }
            if (errno != Errno.EINTR) {
                return failed("fallocate", offset, errno);
            }
        }
        return Result.OK;
    }

    /** Without a write cache, what changed the file's extents is made durable at once. */
    private Result durable(Result result) {
        return result == Result.OK && !hasWriteCache() ? flush() : result;
    }

    private Result flush() {
        if (flushFailed) {
            return Result.IO_ERROR;
        }
        if (disk.readOnly()) {
            return Result.OK;
        }
        while (Native.LIBC.fdatasync(disk.fd().number()) < 0) {
            if (Native.errno() != Errno.EINTR) {
                flushFailed = true;
                return failed("fdatasync", 0, Native.errno());
            }
        }
        return Result.OK;
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

    @Override
    public void drain() {
        workers.drain();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            workers.close();
            disk.close();
        }
    }
}
