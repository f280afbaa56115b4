package dev.hosta.memory;

/**
 * An access that the hardware completes by itself: RAM or ROM whose leaf allows it.
 *
 * @param gpa the address asked for
 * @param access what was asked
 * @param leaf the leaf that covers it; never MMIO
 * @param backing the host memory behind that very byte
 */
public record HostTranslation(long gpa, Access access, StageTwoLeaf leaf, HostBacking backing)
        implements StageTwoResult {
    /** One line for people. */
    public String toText() {
        return String.format("gpa 0x%x -> %s (leaf %s)", gpa, backing, leaf);
    }
}
