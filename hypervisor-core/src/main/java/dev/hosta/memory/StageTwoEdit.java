package dev.hosta.memory;

/**
 * What a change does to the entries that it covers. The map has checked before that the change is
 * allowed everywhere in its range.
 */
sealed interface StageTwoEdit {
    /** Whether an entry that lies wholly in the range can be replaced at this level. */
    boolean fits(long gpa, int level, boolean isTable);

    /** The entry to put in the place of {@code old}. */
    long entry(long gpa, int level, long old);

    /** What the new entry leads to, in the place of {@code old}; null for nothing. */
    StageTwoTarget target(StageTwoTarget old);

    /** New leaves where nothing was, as large as the alignment of gpa and offset allows. */
    record Map(long template, long gpa, HostArea host, long offset) implements StageTwoEdit {
        @Override
        public boolean fits(long gpa, int level, boolean isTable) {
            return level <= 3
                    && !isTable
                    && (offsetOf(gpa) & StageTwoTable.leafSize(level).offsetMask()) == 0;
        }

        @Override
        public long entry(long gpa, int level, long old) {
            return StageTwoEntry.atLevel(template, level) + offsetOf(gpa);
        }

        @Override
        public StageTwoTarget target(StageTwoTarget old) {
            return host;
        }

        private long offsetOf(long gpa) {
            return host == null ? 0 : offset + (gpa - this.gpa);
        }
    }

    /** Nothing where something was; whole tables fall at once. */
    record Unmap() implements StageTwoEdit {
        @Override
        public boolean fits(long gpa, int level, boolean isTable) {
            return true;
        }

        @Override
        public long entry(long gpa, int level, long old) {
            return StageTwoEntry.EMPTY;
        }

        @Override
        public StageTwoTarget target(StageTwoTarget old) {
            return null;
        }
    }

    /** Other permissions on the leaves that are there. */
    record Protect(Permissions permissions) implements StageTwoEdit {
        @Override
        public boolean fits(long gpa, int level, boolean isTable) {
            return !isTable;
        }

        @Override
        public long entry(long gpa, int level, long old) {
            return StageTwoEntry.withPermissions(old, permissions);
        }

        @Override
        public StageTwoTarget target(StageTwoTarget old) {
            return old;
        }
    }
}
