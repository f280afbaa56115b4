package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What one disk thread needs beside the guest's memory: a table of I/O vectors, and a buffer for
 * requests whose memory the host cannot take as it is.
 *
 * <p>Threading: the one thread that made it.
 */
final class DiskScratch implements AutoCloseable {
    /** {@code IOV_MAX}: most vectors that one call takes. */
    static final int MAX_VECTORS = 1024;

    /** {@code struct iovec}: address, then length, 8 bytes each. */
    static final int VECTOR_BYTES = 16;

    /** Size of a {@link #buffer}: one MiB. */
    static final int BUFFER_BYTES = 1 << 20;

    private static final int BUFFER_ALIGNMENT = 4096;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment vectors = arena.allocate((long) MAX_VECTORS * VECTOR_BYTES, 8);
    private MemorySegment buffer = MemorySegment.NULL;

    /** Room for {@link #MAX_VECTORS} vectors. */
    MemorySegment vectors() {
        return vectors;
    }

    /** One MiB at an address that every disk takes; made at its first use. */
    MemorySegment buffer() {
        if (buffer.byteSize() == 0) {
            buffer = arena.allocate(BUFFER_BYTES, BUFFER_ALIGNMENT);
        }
        return buffer;
    }

    @Override
    public void close() {
        arena.close();
    }
}
