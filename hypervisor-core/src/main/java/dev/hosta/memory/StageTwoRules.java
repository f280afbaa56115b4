package dev.hosta.memory;

/** What must hold of a range before it is changed; each rule says what stands in the way. */
final class StageTwoRules {
    private StageTwoRules() {}

    /** Nothing is mapped in {@code range}. */
    static void requireFree(StageTwoTable table, LeafKind kind, GpaRange range) {
        table.forEachLeaf(
                range,
                (gpa, level, entry, target) -> {
                    throw new MemoryException(
                            String.format(
                                    "Cannot map %s %s: it overlaps %s. Unmap that first.",
                                    kind, range, run(table, gpa)));
                });
    }

    /** All of {@code range} is mapped. */
    static void requireMapped(StageTwoTable table, String action, GpaRange range) {
        long[] next = {range.gpa()};
        table.forEachLeaf(
                range,
                (gpa, level, entry, target) -> {
                    if (gpa > next[0]) {
                        return false;
                    }
                    next[0] = gpa + StageTwoTable.leafSize(level).bytes();
                    return true;
                });
        if (next[0] < range.endGpa()) {
            throw new MemoryException(
                    String.format(
                            "Cannot %s %s: nothing is mapped at gpa 0x%x", action, range, next[0]));
        }
    }

    /** No ROM stands in {@code range}. */
    static void requireNoRom(StageTwoTable table, GpaRange range, Permissions permissions) {
        table.forEachLeaf(
                range,
                (gpa, level, entry, target) -> {
                    if (StageTwoEntry.kind(entry) == LeafKind.ROM) {
                        throw new MemoryException(
                                String.format(
                                        "Cannot protect %s as %s: there is ROM at gpa 0x%x",
                                        range, permissions, gpa));
                    }
                    return true;
                });
    }

    /** The run of leaves of one kind that the leaf at {@code gpa} belongs to, as text. */
    private static String run(StageTwoTable table, long gpa) {
        long[] run = {0, 0};
        LeafKind[] kind = new LeafKind[1];
        table.forEachLeaf(
                new GpaRange(0, GpaRange.LIMIT),
                (at, level, entry, target) -> {
                    LeafKind here = StageTwoEntry.kind(entry);
                    if (run[1] != at || kind[0] != here) {
                        if (at > gpa) {
                            return false;
                        }
                        run[0] = at;
                        kind[0] = here;
                    }
                    run[1] = at + StageTwoTable.leafSize(level).bytes();
                    return true;
                });
        return kind[0] + " " + GpaRange.fromTo(run[0], run[1]);
    }
}
