package dev.hosta.memory;

import java.util.Arrays;

/**
 * Which 4 KiB pages of guest RAM were written, by offset into RAM. A page's number is its offset
 * divided by 4096.
 *
 * <p>Threading: immutable once it was handed out.
 */
public final class DirtySet {
    private static final int PAGE_SHIFT = 12;
    private static final long[] ZEROS = new long[512];

    private final long[] words;
    private final long pageCount;

    /** Takes over {@code words}: bit {@code n % 64} of word {@code n / 64} is page n. */
    DirtySet(long[] words) {
        this.words = words;
        this.pageCount = count(words);
    }

    /** Number of bits that are set in a bitmap. */
    public static long count(long[] words) {
        long count = 0;
        for (int word = nextWord(words, 0); word < words.length; word = nextWord(words, word + 1)) {
            count += Long.bitCount(words[word]);
        }
        return count;
    }

    /** How many words of 64 pages cover {@code sizeBytes}; at most 2^31 - 1 of 256 KiB each. */
    static int wordCount(long sizeBytes) {
        return Math.toIntExact((sizeBytes + (64L << PAGE_SHIFT) - 1) >>> (PAGE_SHIFT + 6));
    }

    /** Receives one run of dirty pages. */
    @FunctionalInterface
    public interface RunVisitor {
        /**
         * Called for each maximal run, by offset.
         *
         * @param offset bytes from the start of RAM, 4 KiB aligned
         * @param lengthBytes a multiple of 4 KiB
         */
        void run(long offset, long lengthBytes);
    }

    /** Number of dirty pages. */
    public long pageCount() {
        return pageCount;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return pageCount == 0;
    }

    /** Whether the page that holds {@code offset} is dirty. */
    public boolean contains(long offset) {
        long page = offset >>> PAGE_SHIFT;
        long word = page >>> 6;
        return word < words.length && (words[(int) word] >>> page & 1) != 0;
    }

    /** Visits all dirty pages as maximal runs, by offset. */
    public void forEachRun(RunVisitor visitor) {
        long page = next(0, 0);
        while (page >= 0) {
            long end = next(page, -1L);
            if (end < 0) {
                end = (long) words.length << 6;
            }
            visitor.run(page << PAGE_SHIFT, (end - page) << PAGE_SHIFT);
            page = next(end, 0);
        }
    }

    /**
     * Offset of the first dirty page from {@code offset} on.
     *
     * @return a multiple of 4 KiB, or -1 where there is none
     */
    public long nextFrom(long offset) {
        long page = next(offset >>> PAGE_SHIFT, 0);
        return page < 0 ? -1 : page << PAGE_SHIFT;
    }

    /** First page from {@code from} on that is set (flip 0) or clear (flip -1); -1 if none. */
    private long next(long from, long flip) {
        int word = (int) (from >>> 6);
        if (word >= words.length) {
            return -1;
        }
        long bits = (words[word] ^ flip) & -1L << from;
        while (bits == 0) {
            word++;
            if (word == words.length) {
                return -1;
            }
            bits = words[word] ^ flip;
        }
        return ((long) word << 6) + Long.numberOfTrailingZeros(bits);
    }

    /**
     * Index of the first word of a bitmap that is not zero. Most words of one are zeros, which a
     * loop that was not compiled yet would take long to pass.
     *
     * @param from first word to look at, 0 up to the number of words
     * @return the number of words where there is none
     */
    public static int nextWord(long[] words, int from) {
        int at = from;
        while (at < words.length) {
            int count = Math.min(ZEROS.length, words.length - at);
            int found = Arrays.mismatch(words, at, at + count, ZEROS, 0, count);
            if (found >= 0) {
                return at + found;
            }
            at += count;
        }
        return at;
    }

    /** A copy of the bitmap: bit {@code n % 64} of word {@code n / 64} is page n. */
    public long[] toLongArray() {
        return words.clone();
    }

    /** The number of pages, for logs. */
    @Override
    public String toString() {
        return pageCount + " dirty pages";
    }
}
