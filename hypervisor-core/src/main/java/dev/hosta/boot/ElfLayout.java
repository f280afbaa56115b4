package dev.hosta.boot;

/**
 * What an ELF file's headers say, checked: segments are disjoint and inside the file, the entry
 * point lies in one of them. Not yet checked against a guest's memory.
 *
 * @param is64 ELF64, not ELF32
 * @param pvh entered by the PVH note, not by the 64-bit Linux entry
 * @param entryGpa first instruction
 * @param segments what is loaded; at least one
 */
record ElfLayout(boolean is64, boolean pvh, long entryGpa, Segment[] segments) {
    /**
     * One {@code PT_LOAD}.
     *
     * @param extent guest memory it occupies
     * @param fileOffset first byte in the file
     * @param fileBytes bytes in the file; the rest of the extent is zero
     */
    record Segment(Extent extent, long fileOffset, long fileBytes) {}
}
