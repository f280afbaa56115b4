package dev.hosta.memory;

import java.util.Optional;

/**
 * One leaf of stage two, taken out of the table.
 *
 * @param gpa where it starts, aligned to its size
 * @param size 4K, 2M or 1G
 * @param kind what stands behind it
 * @param permissions what the guest may do
 * @param memoryType how caches treat it
 * @param backing the host memory behind its first byte; empty for MMIO
 */
public record StageTwoLeaf(
        long gpa,
        PageSize size,
        LeafKind kind,
        Permissions permissions,
        MemoryType memoryType,
        Optional<HostBacking> backing) {

    /** The gpas that it covers. */
    public GpaRange range() {
        return new GpaRange(gpa, size.bytes());
    }

    /** One line: {@code [0x0, 0x40000000) 1G RAM rwx WB -> guest RAM + 0x0}. */
    @Override
    public String toString() {
        return range()
                + " "
                + size
                + " "
                + kind
                + " "
                + permissions
                + " "
                + memoryType
                + backing.map(b -> " -> " + b).orElse("");
    }
}
