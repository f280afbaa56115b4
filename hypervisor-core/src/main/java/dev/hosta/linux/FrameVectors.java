package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A reused table of {@code struct iovec} over a frame's segments.
 *
 * <p>Threading: one thread at a time; {@link #close} on any.
 */
final class FrameVectors implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment table =
            arena.allocate((long) DiskScratch.MAX_VECTORS * DiskScratch.VECTOR_BYTES, 8);
    private int count;
    private long sizeBytes;

    /**
     * Takes segments in, as many as the table holds less {@code reserved}.
     *
     * @return whether all went in
     */
    boolean fill(List<MemorySegment> segments, int reserved) {
        int room = DiskScratch.MAX_VECTORS - reserved;
        count = 0;
        sizeBytes = 0;
        for (MemorySegment segment : segments) {
            if (count == room) {
                return false;
            }
            add(segment);
        }
        return true;
    }

    /** Takes one more segment in. */
    void add(MemorySegment segment) {
        long at = (long) count++ * DiskScratch.VECTOR_BYTES;
        table.set(ValueLayout.JAVA_LONG, at, segment.address());
        table.set(ValueLayout.JAVA_LONG, at + 8, segment.byteSize());
        sizeBytes += segment.byteSize();
    }

    /** Where the table is. */
    long address() {
        return table.address();
    }

    /** How many segments are in it. */
    int count() {
        return count;
    }

    /** Bytes of all segments in it. */
    long sizeBytes() {
        return sizeBytes;
    }

    /** Frees the table. Once. */
    @Override
    public void close() {
        arena.close();
    }
}
