package dev.hosta.machine;

import dev.hosta.linux.HugePages;

/**
 * The guest's RAM as asked for.
 *
 * @param sizeBytes 1 MiB and up, a multiple of 4 KiB and of the huge page size
 * @param hugePages size of the host pages behind it
 * @param prealloc whether the host's pages are allocated before the guest starts
 */
public record MemorySpec(long sizeBytes, HugePages hugePages, boolean prealloc) {
    /** RAM where no size is asked for: 512 MiB. */
    public static final long DEFAULT_SIZE_BYTES = 512L << 20;

    private static final long PAGE = 4096;
    private static final long MIN = 1 << 20;
    private static final long MAX = 1L << 44;

    /** Checks size and alignment. */
    public MemorySpec {
        if (sizeBytes < MIN || sizeBytes > MAX) {
            throw new SpecException(
                    "Memory must be 1M to 16T: memory="
                            + sizeBytes
                            + " bytes. Give --memory 512M.");
        }
        long unit = Math.max(PAGE, hugePages.sizeBytes());
        if (sizeBytes % unit != 0) {
            throw new SpecException(
                    "Memory must be a multiple of its page size: memory="
                            + sizeBytes
                            + " bytes, page="
                            + unit
                            + " bytes. Round it up to "
                            + (sizeBytes / unit + 1) * unit
                            + ".");
        }
    }

    /** Ordinary pages, allocated when touched. */
    public static MemorySpec ofBytes(long sizeBytes) {
        return new MemorySpec(sizeBytes, HugePages.NONE, false);
    }

    /** As it is asked for, such as {@code 512M,prealloc}. */
    @Override
    public String toString() {
        // Written out because the parser of the command line asks for it, and a record's own costs
        // milliseconds when first used.
        long mib = sizeBytes >> 20;
        String size = mib << 20 == sizeBytes ? mib + "M" : (sizeBytes >> 10) + "K";
        String pages =
                switch (hugePages) {
                    case NONE -> "";
                    case SIZE_2M -> ",hugepages=2M";
                    case SIZE_1G -> ",hugepages=1G";
                };
        return size + pages + (prealloc ? ",prealloc" : "");
    }

    /**
     * Reads a huge page size.
     *
     * @param text {@code 2M} or {@code 1G}
     * @throws SpecException where it is neither
     */
    public static HugePages parseHugePages(String text) {
        return switch (text) {
            case "2M" -> HugePages.SIZE_2M;
            case "1G" -> HugePages.SIZE_1G;
            default ->
                    throw new SpecException("Huge pages are of 2M or 1G: hugepages=" + text + ".");
        };
    }
}
