package dev.hosta.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A place in a list of memory segments that one request reads or writes in order.
 *
 * <p>Threading: one thread.
 */
final class SegmentCursor {
    private final List<MemorySegment> segments;
    private int index;
    private long within;
    private long remaining;

    SegmentCursor(List<MemorySegment> segments) {
        this.segments = segments;
        for (MemorySegment segment : segments) {
            remaining += segment.byteSize();
        }
        skipEmpty();
    }

    /** Bytes from here to the end. */
    long remaining() {
        return remaining;
    }

    /**
     * Writes the segments from here on as {@code struct iovec}.
     *
     * @return how many, at most {@link DiskScratch#MAX_VECTORS}
     */
    int fill(MemorySegment vectors) {
        int count = 0;
        long from = within;
        for (int i = index; i < segments.size() && count < DiskScratch.MAX_VECTORS; i++) {
            MemorySegment segment = segments.get(i);
            long at = (long) count * DiskScratch.VECTOR_BYTES;
            vectors.set(ValueLayout.JAVA_LONG, at, segment.address() + from);
            vectors.set(ValueLayout.JAVA_LONG, at + 8, segment.byteSize() - from);
            from = 0;
            count++;
        }
        return count;
    }

    /** Moves on. */
    void advance(long bytes) {
        remaining -= bytes;
        within += bytes;
        while (index < segments.size() && within >= segments.get(index).byteSize()) {
            within -= segments.get(index).byteSize();
            index++;
        }
    }

    private void skipEmpty() {
        advance(0);
    }

    /** Copies from here on until {@code to} is full, and moves on. */
    void copyTo(MemorySegment to) {
        for (long done = 0; done < to.byteSize(); ) {
            long length = Math.min(to.byteSize() - done, segments.get(index).byteSize() - within);
            MemorySegment.copy(segments.get(index), within, to, done, length);
            done += length;
            advance(length);
        }
    }

    /** Copies all of {@code from} to here, and moves on. */
    void copyFrom(MemorySegment from) {
        for (long done = 0; done < from.byteSize(); ) {
            long length = Math.min(from.byteSize() - done, segments.get(index).byteSize() - within);
            MemorySegment.copy(from, done, segments.get(index), within, length);
            done += length;
            advance(length);
        }
    }
}
