package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory that somebody beside its mappings uses, as a request in flight does: a pipe has it. */
public final class PinnedPages implements AutoCloseable {
    private static final long SYS_VMSPLICE = 278;

    private final Pipe pipe = Pipe.create();

    /**
     * Pins memory until the close.
     *
     * @param memory whole pages, 16 at most
     */
    public PinnedPages(MemorySegment memory) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment iovec = arena.allocate(16, 8);
            iovec.set(ValueLayout.JAVA_LONG, 0, memory.address());
            iovec.set(ValueLayout.JAVA_LONG, 8, memory.byteSize());
            long taken =
                    Native.LIBC.syscall(
                            SYS_VMSPLICE, pipe.writer().number(), iovec.address(), 1, 0, null);
            if (taken != memory.byteSize()) {
                int errno = Native.errno();
                pipe.close();
                throw new LinuxException("pin memory", "vmsplice", errno, "");
            }
        }
    }

    @Override
    public void close() {
        pipe.close();
    }
}
