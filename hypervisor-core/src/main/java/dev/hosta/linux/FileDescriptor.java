package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One open file descriptor with one owner, who closes it.
 *
 * <p>Threading: any thread. Closing while another thread is inside a call on the same descriptor is
 * the owner's mistake: the number may already mean another file.
 */
public final class FileDescriptor implements AutoCloseable {
    /** {@code open(2)}: read only. */
    public static final int O_RDONLY = 0;

    /** {@code open(2)}: write only. */
    public static final int O_WRONLY = 1;

    /** {@code open(2)}: read and write. */
    public static final int O_RDWR = 2;

    /** {@code open(2)}: create the file, with mode 0600. */
    public static final int O_CREAT = 0x40;

    /** {@code open(2)}: the file must not exist yet. */
    public static final int O_EXCL = 0x80;

    /** {@code open(2)}: cut to zero bytes. */
    public static final int O_TRUNC = 0x200;

    /** {@code open(2)}: each write goes to the end. */
    public static final int O_APPEND = 0x400;

    /** {@code open(2)}: never block; {@link #read} answers {@link #WOULD_BLOCK}. */
    public static final int O_NONBLOCK = 0x800;

    /** {@code open(2)}: a write returns once its data is durable. */
    public static final int O_DSYNC = 0x1000;

    /** {@code open(2)}: past the page cache. */
    public static final int O_DIRECT = 0x4000;

    /** {@code open(2)}: closed by exec; always added by {@link #open}. */
    public static final int O_CLOEXEC = 0x80000;

    /** What {@link #read} and {@link #write} answer where a non-blocking call would wait. */
    public static final long WOULD_BLOCK = -1;

    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int CLOSED = -1;

    private final AtomicInteger number;
    private final boolean owned;

    private FileDescriptor(int number, boolean owned) {
        if (number < 0) {
            throw new IllegalArgumentException(
                    "A file descriptor cannot be negative: fd=" + number);
        }
        this.number = new AtomicInteger(number);
        this.owned = owned;
    }

    /**
     * Opens a file.
     *
     * @param flags {@code O_*} bits; {@link #O_CLOEXEC} is added
     * @throws LinuxException where the kernel refuses
     */
    public static FileDescriptor open(Path path, int flags) {
        return open(path.toString(), flags);
    }

    /** Opens a file by its name; see {@link #open(Path, int)}. */
    public static FileDescriptor open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path).address();
            int fd;
            do {
                fd = Native.LIBC.open(name, flags | O_CLOEXEC, 0600);
            } while (fd < 0 && Native.errno() == Errno.EINTR);
            return new FileDescriptor(Native.checked(fd, "open " + path, "open"), true);
        }
    }

    /** Takes ownership of a number that a system call just gave. */
    public static FileDescriptor owning(int number) {
        return new FileDescriptor(number, true);
    }

    /** Wraps a number that someone else closes, such as 0 for standard input. */
    public static FileDescriptor borrowing(int number) {
        return new FileDescriptor(number, false);
    }

    /**
     * The number, 0 or more.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public int number() {
        int n = number.get();
        if (n == CLOSED) {
            throw new IllegalStateException("The file descriptor is closed");
        }
        return n;
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return number.get() == CLOSED;
    }

    /**
     * One {@code ioctl(2)}, without an allocation and without an exception.
     *
     * @param request the request number, 0..2^32-1
     * @param argument an integer or an address, as the request wants it
     * @return the call's result, 0 or more, or {@code -errno}
     */
    public int ioctl(long request, long argument) {
        int result = Native.LIBC.ioctl(number(), request, argument);
        return result >= 0 ? result : -Native.errno();
    }

    /**
     * Reads up to {@code to.byteSize()} bytes into native memory.
     *
     * @return bytes read, 0 at the end, or {@link #WOULD_BLOCK}
     * @throws LinuxException where the kernel refuses
     */
    public long read(MemorySegment to) {
        requireNative(to);
        while (true) {
            long n = Native.LIBC.read(number(), to.address(), to.byteSize());
            if (n >= 0 || !retry()) {
                return n;
            }
        }
    }

    /**
     * Writes up to {@code from.byteSize()} bytes from native memory.
     *
     * @return bytes written, or {@link #WOULD_BLOCK}
     * @throws LinuxException where the kernel refuses
     */
    public long write(MemorySegment from) {
        requireNative(from);
        while (true) {
            long n = Native.LIBC.write(number(), from.address(), from.byteSize());
            if (n >= 0) {
                return n;
            }
            int errno = Native.errno();
            if (errno == Errno.EAGAIN) {
                return WOULD_BLOCK;
            }
            if (errno != Errno.EINTR) {
                throw new LinuxException("write " + this, "write", errno, "");
            }
        }
    }

    /** Whether to try a failed read again; false where it would block. */
    private boolean retry() {
        int errno = Native.errno();
        if (errno == Errno.EAGAIN) {
            return false;
        }
        if (errno != Errno.EINTR) {
            throw new LinuxException("read " + this, "read", errno, "");
        }
        return true;
    }

    /**
     * Reads up to {@code to.byteSize()} bytes from a place in the file.
     *
     * @return bytes read, 0 at or past the end
     * @throws LinuxException where the kernel refuses
     */
    public long readAt(MemorySegment to, long offsetBytes) {
        requireNative(to);
        long n;
        do {
            n = Native.LIBC.pread(number(), to.address(), to.byteSize(), offsetBytes);
        } while (n < 0 && Native.errno() == Errno.EINTR);
        if (n < 0) {
            throw new LinuxException("read " + this, "pread", Native.errno(), "");
        }
        return n;
    }

    /**
     * Writes up to {@code from.byteSize()} bytes to a place in the file.
     *
     * @return bytes written
     * @throws LinuxException where the kernel refuses
     */
    public long writeAt(MemorySegment from, long offsetBytes) {
        requireNative(from);
        long n;
        do {
            n = Native.LIBC.pwrite(number(), from.address(), from.byteSize(), offsetBytes);
        } while (n < 0 && Native.errno() == Errno.EINTR);
        if (n < 0) {
            throw new LinuxException("write " + this, "pwrite", Native.errno(), "");
        }
        return n;
    }

    /** Turns blocking off or on; shared with every process that has the same open file. */
    public void setNonBlocking(boolean nonBlocking) {
        int flags = Native.checked(Native.LIBC.fcntl(number(), F_GETFL, 0), "read flags", "fcntl");
        int wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        Native.checked(Native.LIBC.fcntl(number(), F_SETFL, wanted), "set flags", "fcntl");
    }

    private static void requireNative(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("The kernel needs native memory: " + segment);
        }
    }

    /** Closes the number if it is owned. Idempotent; errors of {@code close(2)} are not errors. */
    @Override
    public void close() {
        int n = number.getAndSet(CLOSED);
        if (n != CLOSED && owned) {
            Native.LIBC.close(n);
        }
    }

    @Override
    public String toString() {
        int n = number.get();
        return n == CLOSED ? "fd closed" : "fd " + n;
    }
}
