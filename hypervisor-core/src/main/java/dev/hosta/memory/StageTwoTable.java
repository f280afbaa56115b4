package dev.hosta.memory;

import static dev.hosta.memory.StageTwoEntry.EMPTY;
import static dev.hosta.memory.StageTwoEntry.TABLE;

/**
 * One table of the stage-two radix tree: 512 entries, indexed by nine bits of the gpa.
 *
 * <pre>
 *  level  gpa bits  an entry covers  leaf
 *      4     47:39          512 GiB  none
 *      3     38:30            1 GiB  1G
 *      2     29:21            2 MiB  2M
 *      1     20:12            4 KiB  4K
 * </pre>
 *
 * <p>A change copies the tables on its path and shares all others. Bottom up on that path, a table
 * that has become empty vanishes and one whose 512 leaves continue each other is folded into a
 * larger leaf, so every tree that a change leaves behind is the smallest of its content.
 *
 * <p>Threading: immutable.
 */
final class StageTwoTable implements StageTwoTarget {
    /** Called for each leaf, in the order of their gpas. */
    @FunctionalInterface
    interface LeafVisitor {
        /** Returns whether to go on. */
        boolean visit(long gpa, int level, long entry, StageTwoTarget target);
    }

    private static final int ROOT_LEVEL = 4;
    private static final int ENTRIES = 512;
    private static final int LARGEST_LEAF_LEVEL = 3;

    private final int level;
    private final long[] entries;
    private final StageTwoTarget[] targets;

    private StageTwoTable(int level, long[] entries, StageTwoTarget[] targets) {
        this.level = level;
        this.entries = entries;
        this.targets = targets;
    }

    /** A root without a leaf. */
    static StageTwoTable empty() {
        return new StageTwoTable(ROOT_LEVEL, new long[ENTRIES], new StageTwoTarget[ENTRIES]);
    }

    /** Size of a leaf of {@code level}, 1..3. */
    static PageSize leafSize(int level) {
        return switch (level) {
            case 1 -> PageSize.SIZE_4K;
            case 2 -> PageSize.SIZE_2M;
            case 3 -> PageSize.SIZE_1G;
            default -> throw new IllegalStateException("No leaf stands at level " + level);
        };
    }

    private static int shift(int level) {
        return 12 + 9 * (level - 1);
    }

    private static int index(long gpa, int level) {
        return (int) (gpa >>> shift(level)) & (ENTRIES - 1);
    }

    /**
     * Looks one gpa up; on a root only.
     *
     * @param gpa below 2^48
     * @return what {@code visitor} said, or false where nothing is mapped
     */
    boolean lookUp(long gpa, LeafVisitor visitor) {
        StageTwoTable table = this;
        while (true) {
            int i = index(gpa, table.level);
            if (table.targets[i] instanceof StageTwoTable next) {
                table = next;
                continue;
            }
            long entry = table.entries[i];
            long leafGpa = gpa & -(1L << shift(table.level));
            return entry != EMPTY && visitor.visit(leafGpa, table.level, entry, table.targets[i]);
        }
    }

    /** Visits every leaf that touches {@code range}; false once a visitor said so. */
    boolean forEachLeaf(GpaRange range, LeafVisitor visitor) {
        return forEachLeaf(0, range, visitor);
    }

    private boolean forEachLeaf(long tableGpa, GpaRange range, LeafVisitor visitor) {
        int last = lastIndex(tableGpa, range);
        for (int i = firstIndex(tableGpa, range); i <= last; i++) {
            long gpa = tableGpa + ((long) i << shift(level));
            boolean on = true;
            if (targets[i] instanceof StageTwoTable child) {
                on = child.forEachLeaf(gpa, range, visitor);
            } else if (entries[i] != EMPTY) {
                on = visitor.visit(gpa, level, entries[i], targets[i]);
            }
            if (!on) {
                return false;
            }
        }
        return true;
    }

    private int firstIndex(long tableGpa, GpaRange range) {
        return range.gpa() <= tableGpa ? 0 : index(range.gpa(), level);
    }

    private int lastIndex(long tableGpa, GpaRange range) {
        long tableEnd = tableGpa + ((long) ENTRIES << shift(level));
        return range.endGpa() >= tableEnd ? ENTRIES - 1 : index(range.endGpa() - 1, level);
    }

    /** The tree with {@code edit} done to all of {@code range}; on a root only. */
    StageTwoTable with(GpaRange range, StageTwoEdit edit) {
        return with(0, range, edit);
    }

    private StageTwoTable with(long tableGpa, GpaRange range, StageTwoEdit edit) {
        StageTwoTable copy = new StageTwoTable(level, entries.clone(), targets.clone());
        int last = lastIndex(tableGpa, range);
        for (int i = firstIndex(tableGpa, range); i <= last; i++) {
            long gpa = tableGpa + ((long) i << shift(level));
            boolean whole = range.covers(gpa, 1L << shift(level));
            if (whole && edit.fits(gpa, level, targets[i] instanceof StageTwoTable)) {
                copy.entries[i] = edit.entry(gpa, level, entries[i]);
                copy.targets[i] = edit.target(targets[i]);
            } else {
                copy.put(i, child(i).with(gpa, range, edit));
            }
        }
        return copy;
    }

    /** The table below entry {@code i}: the one there, or a large leaf split into 512. */
    private StageTwoTable child(int i) {
        if (targets[i] instanceof StageTwoTable child) {
            return child;
        }
        StageTwoTable child =
                new StageTwoTable(level - 1, new long[ENTRIES], new StageTwoTarget[ENTRIES]);
        if (entries[i] != EMPTY) {
            long step = step(targets[i], level - 1);
            for (int j = 0; j < ENTRIES; j++) {
                child.entries[j] = StageTwoEntry.atLevel(entries[i], level - 1) + j * step;
                child.targets[j] = targets[i];
            }
        }
        return child;
    }

    /** How much the entries of neighbouring leaves differ: MMIO has no offset to advance. */
    private static long step(StageTwoTarget target, int level) {
        return target == null ? 0 : 1L << shift(level);
    }

    /** Hangs {@code child} below entry {@code i}, folded as far as it can be. */
    private void put(int i, StageTwoTable child) {
        if (child.isEmpty()) {
            entries[i] = EMPTY;
            targets[i] = null;
        } else if (level <= LARGEST_LEAF_LEVEL && child.isOneLeaf()) {
            entries[i] = StageTwoEntry.atLevel(child.entries[0], level);
            targets[i] = child.targets[0];
        } else {
            entries[i] = TABLE;
            targets[i] = child;
        }
    }

    private boolean isEmpty() {
        for (long entry : entries) {
            if (entry != EMPTY) {
                return false;
            }
        }
        return true;
    }

    private boolean isOneLeaf() {
        long first = entries[0];
        if (!StageTwoEntry.isLeaf(first)
                || (StageTwoEntry.offset(first) & ((1L << shift(level + 1)) - 1)) != 0) {
            return false;
        }
        long step = step(targets[0], level);
        for (int i = 1; i < ENTRIES; i++) {
            if (targets[i] != targets[0] || entries[i] != first + i * step) {
                return false;
            }
        }
        return true;
    }
}
