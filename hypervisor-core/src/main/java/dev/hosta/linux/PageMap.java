package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Which pages of this process's memory are there, and which pages of a private mapping of a file
 * were written since it was mapped, so that they are no longer the file's.
 *
 * <pre>
 *  bit 63  the page is present      bit 62  it is swapped out
 *  bit 61  it is the file's, or shared memory
 * </pre>
 *
 * <p>Source: Linux Documentation/admin-guide/mm/pagemap.rst. Threading: any thread; pages that are
 * written meanwhile may be missed.
 */
public final class PageMap {
    private static final String FILE = "/proc/self/pagemap";
    private static final int PAGE_SHIFT = 12;
    private static final long PAGE_BYTES = 1L << PAGE_SHIFT;
    private static final int ENTRY_BYTES = 8;
    private static final long BUFFER_BYTES = 256 << 10;
    private static final long PRESENT_OR_SWAPPED = 3L << 62;
    private static final long OF_THE_FILE = 1L << 61;

    private PageMap() {}

    /** Counts pages, in one range after the other. One thread. */
    public static final class Reader implements AutoCloseable {
        private final FileDescriptor map = FileDescriptor.open(FILE, FileDescriptor.O_RDONLY);
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, ENTRY_BYTES);

        private Reader() {}

        /**
         * How many pages of a range are in memory and in this process's page tables.
         *
         * @param hva page aligned
         * @param lengthBytes whole pages, 128 MiB at most
         * @throws LinuxException where /proc says too little
         */
        public int present(long hva, long lengthBytes) {
            MemorySegment part = buffer.asSlice(0, lengthBytes / PAGE_BYTES * ENTRY_BYTES);
            long n = map.readAt(part, (hva >>> PAGE_SHIFT) * ENTRY_BYTES) / ENTRY_BYTES;
            int present = 0;
            for (long i = 0; i < n; i++) {
                present += part.getAtIndex(ValueLayout.JAVA_LONG, i) < 0 ? 1 : 0;
            }
            return present;
        }

        @Override
        public void close() {
            arena.close();
            map.close();
        }
    }

    /**
     * A reader, to be closed.
     *
     * @throws LinuxException where /proc is not there
     */
    public static Reader reader() {
        return new Reader();
    }

    /**
     * Marks the pages that a part of a mapping has for itself.
     *
     * @param hva first address of the mapping, page aligned
     * @param offsetBytes the part's start in it, whole pages
     * @param lengthBytes whole pages
     * @param words takes one bit a page, the mapping's first page's lowest; set bits stay
     * @throws LinuxException where /proc is not there or says too little
     */
    public static void markPrivate(long hva, long offsetBytes, long lengthBytes, long[] words) {
        long end = (offsetBytes + lengthBytes) >>> PAGE_SHIFT;
        try (FileDescriptor map = FileDescriptor.open(FILE, FileDescriptor.O_RDONLY);
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES, ENTRY_BYTES);
            for (long done = offsetBytes >>> PAGE_SHIFT; done < end; ) {
                long count = Math.min(end - done, BUFFER_BYTES / ENTRY_BYTES);
                MemorySegment part = buffer.asSlice(0, count * ENTRY_BYTES);
                long at = ((hva >>> PAGE_SHIFT) + done) * ENTRY_BYTES;
                long n = map.readAt(part, at) / ENTRY_BYTES;
                if (n <= 0) {
                    throw new LinuxException("find a guest's own pages", "pread", Errno.EIO, "");
                }
                mark(part, n, done, words);
                done += n;
            }
        }
    }

    private static void mark(MemorySegment entries, long count, long firstPage, long[] words) {
        for (long i = 0; i < count; i++) {
            long entry = entries.getAtIndex(ValueLayout.JAVA_LONG, i);
            if ((entry & PRESENT_OR_SWAPPED) != 0 && (entry & OF_THE_FILE) == 0) {
                long page = firstPage + i;
                words[(int) (page >>> 6)] |= 1L << page;
            }
        }
    }
}
