package dev.hosta.boot;

/**
 * A range of guest physical memory that an image occupies.
 *
 * @param gpa first byte, 0 or more
 * @param endGpa first byte after it, above {@code gpa}
 */
record Extent(long gpa, long endGpa) {
    boolean overlaps(long otherGpa, long otherEndGpa) {
        return gpa < otherEndGpa && otherGpa < endGpa;
    }

    /** {@code [0x…, 0x…)}. */
    String hex() {
        return "[0x" + Long.toHexString(gpa) + ", 0x" + Long.toHexString(endGpa) + ")";
    }
}
