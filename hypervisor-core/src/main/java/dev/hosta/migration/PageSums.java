package dev.hosta.migration;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What one side knows of each page of RAM as it went by: whether it is zero, its CRC-32C, and over
 * all of them a digest that is ready at any time.
 *
 * <p>The digest is the sum modulo 2^64, over all pages that are not zero, of a 64-bit mix of page
 * number and CRC-32C; a page that changes changes it by a difference.
 *
 * <p>The sums stand outside the heap, which is small however large a guest is.
 *
 * <p>Threading: one thread at a time; one each for those that stand {@linkplain #beside beside} one
 * another.
 */
final class PageSums implements AutoCloseable {
    private final Arena arena;
    private final long pageCount;
    private final MemorySegment sums;
    private final long[] present;
    private long digest;

    /** RAM of zeros. */
    PageSums(long pageCount) {
        this.pageCount = pageCount;
        arena = Arena.ofShared();
        sums = arena.allocate(pageCount * 4, 4);
        present = new long[Math.toIntExact((pageCount + 63) >>> 6)];
    }

    private PageSums(PageSums other) {
        arena = other.arena;
        pageCount = other.pageCount;
        sums = other.sums;
        present = other.present;
    }

    /**
     * Room in the same place for other pages, with a digest of their own; it ends with this. Each
     * 64 pages, from a multiple of 64 on, are of one of them only.
     */
    PageSums beside() {
        return new PageSums(this);
    }

    /** Number of pages of RAM. */
    long pageCount() {
        return pageCount;
    }

    /** Whether a page was set since it was last cleared. */
    boolean isPresent(long page) {
        return (present[(int) (page >>> 6)] >>> page & 1) != 0;
    }

    /** A page has this content. */
    void set(long page, int crc) {
        clear(page);
        present[(int) (page >>> 6)] |= 1L << page;
        sums.setAtIndex(ValueLayout.JAVA_INT, page, crc);
        digest += mix(page, crc);
    }

    /** A page is zeros. */
    void clear(long page) {
        if (isPresent(page)) {
            present[(int) (page >>> 6)] &= ~(1L << page);
            digest -= mix(page, sums.getAtIndex(ValueLayout.JAVA_INT, page));
        }
    }

    /** Of all pages as they are now. */
    long digest() {
        return digest;
    }

    /** The finalizer of SplitMix64, which is a bijection. */
    private static long mix(long page, int crc) {
        long z = (page << 32 | crc & 0xffff_ffffL) + 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    @Override
    public void close() {
        arena.close();
    }
}
