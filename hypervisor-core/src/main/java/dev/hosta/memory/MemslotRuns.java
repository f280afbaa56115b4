package dev.hosta.memory;

import java.util.ArrayList;
import java.util.List;

/** Gathers leaves, visited by gpa, into maximal runs: one memslot each. */
final class MemslotRuns implements StageTwoTable.LeafVisitor {
    private final boolean logDirty;
    private final List<Memslot> runs = new ArrayList<>();

    private MemslotRuns(boolean logDirty) {
        this.logDirty = logDirty;
    }

    /** The slots that KVM should hold for {@code table}, by gpa, numbered from 0. */
    static List<Memslot> of(StageTwoTable table, boolean logDirty) {
        MemslotRuns visitor = new MemslotRuns(logDirty);
        table.forEachLeaf(new GpaRange(0, GpaRange.LIMIT), visitor);
        return List.copyOf(visitor.runs);
    }

    @Override
    public boolean visit(long gpa, int level, long entry, StageTwoTarget target) {
        Permissions permissions = StageTwoEntry.permissions(entry);
        if (!(target instanceof HostArea host) || !permissions.read()) {
            return true;
        }
        LeafKind kind = StageTwoEntry.kind(entry);
        int flags = permissions.write() ? (logDirty ? Memslot.LOG_DIRTY : 0) : Memslot.READONLY;
        long offset = StageTwoEntry.offset(entry);
        long size = StageTwoTable.leafSize(level).bytes();
        if (!runs.isEmpty()) {
            Memslot run = runs.getLast();
            if (run.range().endGpa() == gpa
                    && run.kind() == kind
                    && run.flags() == flags
                    && run.backing().host() == host
                    && run.backing().offset() + run.sizeBytes() == offset) {
                GpaRange longer = new GpaRange(run.gpa(), run.sizeBytes() + size);
                runs.removeLast();
                runs.add(new Memslot(run.slot(), kind, flags, longer, run.backing()));
                return true;
            }
        }
        runs.add(
                new Memslot(
                        runs.size(),
                        kind,
                        flags,
                        new GpaRange(gpa, size),
                        new HostBacking(host, offset)));
        return true;
    }
}
