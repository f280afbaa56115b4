package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A kernel counter that is also a file descriptor: the bell between threads, KVM and devices.
 *
 * <p>Threading: any thread.
 */
public final class EventFd implements AutoCloseable {
    private static final int EFD_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment one = arena.allocate(8, 8);
    private final FileDescriptor fd;

    private EventFd(FileDescriptor fd) {
        this.fd = fd;
        one.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    /**
     * Creates one, non-blocking, counter 0.
     *
     * @throws LinuxException where the kernel refuses
     */
    public static EventFd create() {
        int flags = EFD_NONBLOCK | EFD_CLOEXEC;
        int number = Native.checked(Native.LIBC.eventfd(0, flags), "create an eventfd", "eventfd");
        return new EventFd(FileDescriptor.owning(number));
    }

    /** The descriptor's number, for KVM and epoll. */
    public int number() {
        return fd.number();
    }

    /** The descriptor; this object keeps owning it. */
    public FileDescriptor fd() {
        return fd;
    }

    /** Adds one: it becomes readable. A full counter is as good as rung. */
    public void signal() {
        fd.write(one);
    }

    /**
     * Takes the counter and leaves zero.
     *
     * @return how often it was signalled since the last drain, 0 where never; never blocks
     */
    public long drain() {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment value = scratch.allocate(8, 8);
            long n = fd.read(value);
            return n == FileDescriptor.WOULD_BLOCK ? 0 : value.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Closes the descriptor. Idempotent. */
    @Override
    public void close() {
        if (!fd.isClosed()) {
            fd.close();
            arena.close();
        }
    }
}
