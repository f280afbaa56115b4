package dev.hosta.memory;

/**
 * Whole pages of guest physical memory: {@code [gpa, gpa + sizeBytes)}.
 *
 * @param gpa first byte, 4 KiB aligned, below 2^48
 * @param sizeBytes length, a multiple of 4 KiB, at least one page; the end is at most 2^48
 */
public record GpaRange(long gpa, long sizeBytes) {
    /** The first gpa that a 4-level table cannot hold: 2^48. */
    public static final long LIMIT = 1L << 48;

    /** Checks alignment and bounds; throws {@link MemoryException} with the numbers. */
    public GpaRange {
        long mask = PageSize.SIZE_4K.offsetMask();
        if ((gpa & mask) != 0 || (sizeBytes & mask) != 0 || sizeBytes <= 0) {
            throw new MemoryException(
                    String.format(
                            "Cannot use the range: it must be one or more whole 4 KiB pages,"
                                    + " gpa=0x%x, sizeBytes=0x%x",
                            gpa, sizeBytes));
        }
        if (gpa < 0 || gpa >= LIMIT || sizeBytes > LIMIT - gpa) {
            throw new MemoryException(
                    String.format(
                            "Cannot use the range: it ends past 2^48, gpa=0x%x, sizeBytes=0x%x",
                            gpa, sizeBytes));
        }
    }

    /** The range from {@code gpa} up to, and without, {@code endGpa}. */
    public static GpaRange fromTo(long gpa, long endGpa) {
        return new GpaRange(gpa, endGpa - gpa);
    }

    /** The first gpa after the range. */
    public long endGpa() {
        return gpa + sizeBytes;
    }

    /** Whether {@code gpa} lies in the range; any u64. */
    public boolean contains(long gpa) {
        long offset = gpa - this.gpa;
        return offset >= 0 && offset < sizeBytes;
    }

    /** Whether all of {@code [gpa, gpa + sizeBytes)} lies in the range. */
    boolean covers(long gpa, long sizeBytes) {
        return gpa >= this.gpa && gpa + sizeBytes <= endGpa();
    }

    /** {@code [0x1000, 0x3000)}. */
    @Override
    public String toString() {
        return String.format("[0x%x, 0x%x)", gpa, endGpa());
    }
}
