package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * What another program tells us: a pipe that neither end waits at.
 *
 * <p>Threading: any thread.
 *
 * @param reader our end
 * @param writer the other's end
 */
record Pipe(FileDescriptor reader, FileDescriptor writer) implements AutoCloseable {
    private static final long PIPE2 = DirectLibC.symbol("pipe2");
    private static final long FCHMOD = DirectLibC.symbol("fchmod");
    private static final int ALL_MAY_OPEN = 0666;
    private static final short POLLIN = 1;
    private static final int MOST_TEXT = 4096;

    /** Makes one; a program that has become another user may open its end anew. */
    static Pipe create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(8, 4);
            int flags = FileDescriptor.O_CLOEXEC | FileDescriptor.O_NONBLOCK;
            int result =
                    (int)
                            DirectLibC.INVOKER.invokeN2(
                                    DirectLibC.CONTEXTS[2], PIPE2, pair.address(), flags);
            Native.checked(result, "create a pipe", "pipe2");
            Pipe pipe =
                    new Pipe(
                            FileDescriptor.owning(pair.get(ValueLayout.JAVA_INT, 0)),
                            FileDescriptor.owning(pair.get(ValueLayout.JAVA_INT, 4)));
            DirectLibC.INVOKER.invokeN2(
                    DirectLibC.CONTEXTS[2], FCHMOD, pipe.writer.number(), ALL_MAY_OPEN);
            return pipe;
        }
    }

    /**
     * Waits until there is something to read or no writer is left.
     *
     * @return whether that came in time
     */
    boolean await(int timeoutMillis) {
        long endNanos = System.nanoTime() + timeoutMillis * 1_000_000L;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment poll = arena.allocate(8, 4);
            poll.set(ValueLayout.JAVA_INT, 0, reader.number());
            poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
            while (true) {
                long left = Math.max(0, (endNanos - System.nanoTime()) / 1_000_000L);
                int result = Native.LIBC.poll(poll.address(), 1, (int) left);
                if (result >= 0) {
                    return result > 0;
                }
                if (Native.errno() != Errno.EINTR) {
                    throw new LinuxException("wait for a program", "poll", Native.errno(), "");
                }
            }
        }
    }

    /** What is there now, at most 4096 bytes; empty where nothing is. */
    String text() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(MOST_TEXT);
            long n = reader.read(bytes);
            return n <= 0
                    ? ""
                    : new String(
                            bytes.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE),
                            StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        reader.close();
        writer.close();
    }
}
