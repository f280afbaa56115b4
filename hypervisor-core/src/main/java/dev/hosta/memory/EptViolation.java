package dev.hosta.memory;

import java.util.Optional;

/**
 * An access that stage two does not complete: it leaves the guest, and the VMM decides. For MMIO
 * that is the normal way to a device; elsewhere it is the guest's doing.
 *
 * @param gpa the address asked for, any u64
 * @param access what was asked
 * @param leaf the leaf that covers it; empty where nothing is mapped
 */
public record EptViolation(long gpa, Access access, Optional<StageTwoLeaf> leaf)
        implements StageTwoResult {

    /** What stands there; empty where nothing is mapped. */
    public Optional<LeafKind> kind() {
        return leaf.map(StageTwoLeaf::kind);
    }

    /** What the leaf allows; {@link Permissions#NONE} where nothing is mapped. */
    public Permissions allowed() {
        return leaf.map(StageTwoLeaf::permissions).orElse(Permissions.NONE);
    }

    /**
     * The bits that hardware would report for it (Intel SDM vol. 3C, "Exit Qualification for EPT
     * Violations"): 0, 1, 2 the access was a read, write, fetch; 3, 4, 5 the leaf allows them. An
     * MMIO leaf is not present to hardware and allows nothing.
     */
    public int exitQualification() {
        int bits = 1 << access.ordinal();
        if (kind().equals(Optional.of(LeafKind.MMIO))) {
            return bits;
        }
        Permissions allowed = allowed();
        return bits
                | (allowed.read() ? 1 << 3 : 0)
                | (allowed.write() ? 1 << 4 : 0)
                | (allowed.execute() ? 1 << 5 : 0);
    }

    /** One sentence that says what the guest did and what stands there. */
    public String toText() {
        String did = "Guest " + access.past();
        return leaf.map(
                        l ->
                                String.format(
                                        "%s %s at gpa 0x%x: the leaf %s allows %s%s",
                                        did,
                                        l.kind(),
                                        gpa,
                                        l.range(),
                                        l.permissions(),
                                        l.kind() == LeafKind.MMIO ? ", by exits" : ""))
                .orElseGet(
                        () -> String.format("%s at gpa 0x%x, where nothing is mapped", did, gpa));
    }
}
