package dev.hosta.boot;

/**
 * Where an initrd goes: page aligned, as high as it may be, so that the kernel can unpack itself
 * below it.
 *
 * @param gpa first byte; 0 without an initrd
 * @param sizeBytes size in bytes; 0 without an initrd
 */
record Placement(long gpa, long sizeBytes) {
    static final Placement NONE = new Placement(0, 0);

    private static final long PAGE_MASK = 0xfff;
    private static final long MIB = 1L << 20;

    /**
     * Finds the highest free place in RAM that ends at or below an address.
     *
     * @param e820 the memory map
     * @param initrd the file
     * @param taken what is occupied already
     * @param preferredEndGpa where the place should end, at most
     * @param endGpa where it must end, at most, if there is no room below the preferred end
     * @throws ImageException if there is none
     */
    static Placement highest(
            E820 e820, ImageFile initrd, Extent[] taken, long preferredEndGpa, long endGpa) {
        long gpa = find(e820, initrd.sizeBytes(), taken, Math.min(preferredEndGpa, endGpa));
        if (gpa < 0) {
            gpa = find(e820, initrd.sizeBytes(), taken, endGpa);
        }
        if (gpa < 0) {
            throw noRoom(e820, initrd, taken, endGpa);
        }
        return new Placement(gpa, initrd.sizeBytes());
    }

    /** The highest free address, or -1. */
    private static long find(E820 e820, long sizeBytes, Extent[] taken, long endGpa) {
        for (int i = e820.entries().size() - 1; i >= 0; i--) {
            E820.Entry entry = e820.entries().get(i);
            if (entry.type() != E820.RAM || entry.gpa() < PhysicalLayout.HIGH_MEMORY_GPA) {
                continue;
            }
            long end = Math.min(endGpa, entry.endGpa());
            while (sizeBytes <= end - entry.gpa()) {
                long gpa = end - sizeBytes & ~PAGE_MASK;
                if (gpa < entry.gpa()) {
                    break;
                }
                Extent obstacle = lowestOverlap(taken, gpa, gpa + sizeBytes);
                if (obstacle == null) {
                    return gpa;
                }
                end = obstacle.gpa();
            }
        }
        return -1;
    }

    /** The overlapping extent that starts lowest, or null. */
    private static Extent lowestOverlap(Extent[] taken, long gpa, long endGpa) {
        Extent lowest = null;
        for (Extent extent : taken) {
            if (extent.overlaps(gpa, endGpa) && (lowest == null || extent.gpa() < lowest.gpa())) {
                lowest = extent;
            }
        }
        return lowest;
    }

    private static ImageException noRoom(E820 e820, ImageFile initrd, Extent[] taken, long endGpa) {
        long kernelEnd = PhysicalLayout.HIGH_MEMORY_GPA;
        for (Extent extent : taken) {
            kernelEnd = Math.max(kernelEnd, extent.endGpa());
        }
        long sizeBytes = initrd.sizeBytes();
        long start = kernelEnd + PAGE_MASK & ~PAGE_MASK;
        String problem =
                "its "
                        + sizeBytes
                        + " bytes do not fit beside the kernel, which ends at 0x"
                        + Long.toHexString(kernelEnd);
        long limit = Math.min(endGpa, PhysicalLayout.LOW_RAM_END_GPA);
        long needed = (start + sizeBytes + PAGE_MASK & ~PAGE_MASK) + MIB - 1 & -MIB;
        if (sizeBytes > limit - start) {
            if (endGpa <= PhysicalLayout.RAM_ABOVE_HOLE_GPA || sizeBytes > E820.MAX_RAM_BYTES / 2) {
                return initrd.invalid(
                        problem
                                + ", below 0x"
                                + Long.toHexString(limit)
                                + ", the highest address where this kernel takes one."
                                + " Use a smaller initrd");
            }
            needed = PhysicalLayout.LOW_RAM_END_GPA + (sizeBytes + MIB - 1 & -MIB);
        }
        return initrd.invalid(
                problem
                        + ", in "
                        + BootLoader.mebibytes(e820)
                        + " MiB of memory. Give the guest at least "
                        + (needed >> 20)
                        + " MiB");
    }
}
