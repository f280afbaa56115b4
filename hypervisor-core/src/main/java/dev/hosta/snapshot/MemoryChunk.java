package dev.hosta.snapshot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A buffer for one chunk of memory, and what there is to know of its content.
 *
 * <p>Threading: one thread.
 */
final class MemoryChunk implements AutoCloseable {
    private static final int PAGE = 4096;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment bytes = arena.allocate(MemorySums.CHUNK_BYTES, PAGE);
    private final MemorySegment zeros = arena.allocate(PAGE, PAGE);
    private final long[] pages = new long[MemorySums.CHUNK_WORDS];

    /** Receives a run of pages that are not zero. */
    @FunctionalInterface
    interface Run {
        void at(int offset, MemorySegment bytes);
    }

    /** The first {@code lengthBytes} of the buffer, to be filled. */
    MemorySegment bytes(long lengthBytes) {
        return bytes.asSlice(0, lengthBytes);
    }

    /**
     * Looks at the first {@code lengthBytes}.
     *
     * @param number of the chunk
     * @return its entry; without pages where it is all zeros
     */
    MemorySums.Chunk sum(int number, int lengthBytes) {
        Arrays.fill(pages, 0);
        for (int at = 0; at < lengthBytes; at += PAGE) {
            if (!isZero(at)) {
                int page = at / PAGE;
                pages[page >>> 6] |= 1L << page;
            }
        }
        CRC32C crc = new CRC32C();
        forEachRun((offset, run) -> crc.update(run.asByteBuffer()));
        return MemorySums.Chunk.of(number, (int) crc.getValue(), pages);
    }

    private boolean isZero(int at) {
        return bytes.get(ValueLayout.JAVA_LONG, at) == 0
                && bytes.asSlice(at, PAGE).mismatch(zeros) < 0;
    }

    /** Visits the pages that are not zero, as {@link #sum} found them, in maximal runs. */
    void forEachRun(Run run) {
        int count = MemorySums.CHUNK_BYTES / PAGE;
        int from = 0;
        while (from < count) {
            if (!isSet(from)) {
                from++;
                continue;
            }
            int to = from;
            while (to < count && isSet(to)) {
                to++;
            }
            run.at(from * PAGE, bytes.asSlice((long) from * PAGE, (long) (to - from) * PAGE));
            from = to;
        }
    }

    private boolean isSet(int page) {
        return (pages[page >>> 6] >>> page & 1) != 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
