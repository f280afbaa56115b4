package dev.hosta.memory;

import java.util.Optional;

/**
 * One 64-bit entry of a stage-two table: the EPT's own layout, with the kind in bits that hardware
 * ignores.
 *
 * <pre>
 *   bits  in the EPT        here
 *      0  read              the same
 *      1  write             the same
 *      2  execute           the same
 *    5:3  memory type       the same (leaves)
 *      7  large page        the same: set in 2M and 1G leaves
 *  51:12  host page         offset into the entry's HostArea; 0 for MMIO
 *  53:52  ignored           kind: 0 table or nothing, 1 RAM, 2 ROM, 3 MMIO
 * </pre>
 *
 * <p>An entry of 0 is "nothing here". An entry that leads to a table is {@link #TABLE}; the table
 * itself hangs beside it, as a Java reference.
 *
 * <p>Source: Intel SDM vol. 3C, ch. 28.3, "The Extended Page Table Mechanism (EPT)", formats of the
 * EPT paging-structure entries.
 */
final class StageTwoEntry {
    /** Nothing is mapped. */
    static final long EMPTY = 0;

    /** Leads to a table: all is allowed here, the leaves below decide. */
    static final long TABLE = 0b111;

    private static final long READ = 1;
    private static final long WRITE = 1L << 1;
    private static final long EXECUTE = 1L << 2;
    private static final int TYPE_SHIFT = 3;
    private static final long LARGE = 1L << 7;
    private static final long OFFSET_MASK = 0x000f_ffff_ffff_f000L;
    private static final int KIND_SHIFT = 52;
    private static final LeafKind[] KINDS = LeafKind.values();

    private StageTwoEntry() {}

    /** A 4K leaf for offset 0; add an offset and {@link #atLevel} the bit as needed. */
    static long leaf(LeafKind kind, Permissions permissions, MemoryType type) {
        return withPermissions(
                (long) (kind.ordinal() + 1) << KIND_SHIFT | (long) type.encoding() << TYPE_SHIFT,
                permissions);
    }

    static long withPermissions(long entry, Permissions permissions) {
        return entry & ~(READ | WRITE | EXECUTE)
                | (permissions.read() ? READ : 0)
                | (permissions.write() ? WRITE : 0)
                | (permissions.execute() ? EXECUTE : 0);
    }

    /** The entry with the large bit as leaves of {@code level} carry it. */
    static long atLevel(long entry, int level) {
        return level == 1 ? entry & ~LARGE : entry | LARGE;
    }

    static boolean isLeaf(long entry) {
        return entry >>> KIND_SHIFT != 0;
    }

    static LeafKind kind(long entry) {
        return KINDS[(int) (entry >>> KIND_SHIFT) - 1];
    }

    static Permissions permissions(long entry) {
        return new Permissions((entry & READ) != 0, (entry & WRITE) != 0, (entry & EXECUTE) != 0);
    }

    static long offset(long entry) {
        return entry & OFFSET_MASK;
    }

    /** The leaf at {@code gpa} (aligned to the level's size) that the entry and its target are. */
    static StageTwoLeaf toLeaf(long gpa, int level, long entry, StageTwoTarget target) {
        return new StageTwoLeaf(
                gpa,
                StageTwoTable.leafSize(level),
                kind(entry),
                permissions(entry),
                MemoryType.ofEncoding((int) (entry >>> TYPE_SHIFT) & 7),
                target instanceof HostArea host
                        ? Optional.of(new HostBacking(host, offset(entry)))
                        : Optional.empty());
    }
}
