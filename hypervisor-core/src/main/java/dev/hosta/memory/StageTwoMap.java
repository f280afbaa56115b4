package dev.hosta.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Stage two of the memory map, gpa -> host: the one source of truth about what stands at each guest
 * physical address.
 *
 * <p>A radix tree shaped like the EPT ({@link StageTwoTable}) holds the leaves. From it follow
 * KVM's memslots, mirrored to a {@link MemslotSink} at each change, and the flat regions by which
 * devices reach RAM. Leaves are always as large as alignment allows: changes split them and merge
 * them again. {@code docs/memory-map.md} is the long form.
 *
 * <p>A change that fails, in its checks or in the sink, leaves map and sink as they were. Should
 * the sink refuse even the way back, the exception says so, the table stays as it was, and the next
 * change starts from what the sink really holds.
 *
 * <p>KVM cannot resize a slot: a change in the middle of RAM deletes the slot and creates its
 * parts, and a vCPU that touches the range in between exits. Changes that only add, only delete, or
 * only switch dirty logging are safe beside running vCPUs; for others pause them.
 *
 * <p>Memslots know no execute permission and no memory type: KVM lets the guest execute what it can
 * read, and RAM is write-back. The table keeps both for translation and other accelerators.
 *
 * <p>Threading: changes by any thread, one at a time (they lock the map). Lookups by any thread
 * without a lock: they read one volatile root of immutable tables, and see a change once it is
 * complete in the sink.
 */
public final class StageTwoMap {
    /** All that a change publishes, at once. */
    private record View(StageTwoTable table, boolean logDirty, RamRegion[] regions) {}

    private final MemslotSink sink;
    private final Map<Integer, Memslot> held = new TreeMap<>();
    private Consumer<Memslot> onLoggedSlotDeleted = slot -> {};
    private volatile View view = new View(StageTwoTable.empty(), false, new RamRegion[0]);

    /**
     * An empty map.
     *
     * @param sink gets every change of the memslots; holds none now
     */
    public StageTwoMap(MemslotSink sink) {
        this.sink = sink;
    }

    /** Maps RAM: read, write, execute, write-back. As {@link #map}. */
    public void mapRam(GpaRange range, HostBacking backing) {
        map(range, LeafKind.RAM, Permissions.RWX, MemoryType.WB, backing);
    }

    /** Maps ROM: read, execute, write-back; the guest's writes exit. As {@link #map}. */
    public void mapRom(GpaRange range, HostBacking backing) {
        map(range, LeafKind.ROM, Permissions.RX, MemoryType.WB, backing);
    }

    /** Maps device registers: read, write, uncacheable, no memory; every access exits. */
    public void mapMmio(GpaRange range) {
        long leaf = StageTwoEntry.leaf(LeafKind.MMIO, Permissions.RW, MemoryType.UC);
        add(range, LeafKind.MMIO, new StageTwoEdit.Map(leaf, range.gpa(), null, 0));
    }

    /**
     * Maps host memory where nothing is mapped.
     *
     * @param range the gpas
     * @param kind RAM or ROM
     * @param permissions what the guest may do; of ROM, no write
     * @param type how caches treat it
     * @param backing the host memory behind the first byte, 4 KiB aligned; the rest follows it
     * @throws MemoryException if something is mapped in the range, the host memory is too short, or
     *     the sink refuses
     */
    public void map(
            GpaRange range,
            LeafKind kind,
            Permissions permissions,
            MemoryType type,
            HostBacking backing) {
        HostArea host = backing.host();
        if (kind == LeafKind.MMIO) {
            throw new IllegalArgumentException("MMIO has no host memory: use mapMmio");
        }
        if (kind == LeafKind.ROM && permissions.write()) {
            throw new IllegalArgumentException("ROM cannot be writable: " + range);
        }
        if ((backing.offset() & PageSize.SIZE_4K.offsetMask()) != 0
                || range.sizeBytes() > host.sizeBytes() - backing.offset()) {
            throw new MemoryException(
                    String.format(
                            "Cannot map %s %s: it needs 0x%x bytes of %s from a 4 KiB aligned"
                                    + " offset, offset=0x%x",
                            kind, range, range.sizeBytes(), host, backing.offset()));
        }
        long leaf = StageTwoEntry.leaf(kind, permissions, type);
        add(range, kind, new StageTwoEdit.Map(leaf, range.gpa(), host, backing.offset()));
    }

    private synchronized void add(GpaRange range, LeafKind kind, StageTwoEdit edit) {
        View now = view;
        StageTwoRules.requireFree(now.table(), kind, range);
        change("map " + kind + " " + range, now.table().with(range, edit), now.logDirty());
    }

    /**
     * Takes away all that is mapped in {@code range}.
     *
     * @throws MemoryException if the range is not mapped throughout, or the sink refuses
     */
    public synchronized void unmap(GpaRange range) {
        View now = view;
        StageTwoRules.requireMapped(now.table(), "unmap", range);
        StageTwoTable table = now.table().with(range, new StageTwoEdit.Unmap());
        change("unmap " + range, table, now.logDirty());
    }

    /**
     * Changes what the guest may do in {@code range}. Memory without write becomes a read-only
     * slot, memory without read none at all.
     *
     * @throws MemoryException if the range is not mapped throughout, write is asked for ROM, or the
     *     sink refuses
     */
    public synchronized void protect(GpaRange range, Permissions permissions) {
        View now = view;
        StageTwoRules.requireMapped(now.table(), "protect", range);
        if (permissions.write()) {
            StageTwoRules.requireNoRom(now.table(), range, permissions);
        }
        StageTwoTable table = now.table().with(range, new StageTwoEdit.Protect(permissions));
        change("protect " + range + " as " + permissions, table, now.logDirty());
    }

    /** Switches {@link Memslot#LOG_DIRTY} of all writable slots, now and of later ones. */
    synchronized void logDirty(boolean on) {
        View now = view;
        if (now.logDirty() != on) {
            change((on ? "start" : "stop") + " logging dirty pages", now.table(), on);
        }
    }

    /** Calls {@code action} after each delete of a slot that logged: its log is lost. */
    synchronized void onLoggedSlotDeleted(Consumer<Memslot> action) {
        onLoggedSlotDeleted = action;
    }

    private void change(String what, StageTwoTable table, boolean logDirty) {
        List<Memslot> wanted = MemslotRuns.of(table, logDirty);
        RamRegion[] regions = RamRegion.of(wanted);
        List<MemslotPlan.Step> steps = MemslotPlan.between(held.values(), wanted).steps();
        List<MemslotPlan.Step> done = new ArrayList<>();
        for (MemslotPlan.Step step : steps) {
            try {
                step.apply(sink, held);
            } catch (RuntimeException e) {
                throw rolledBack(what, step, done, e);
            }
            done.add(step);
            if (step instanceof MemslotPlan.Delete(Memslot slot) && slot.logsDirty()) {
                onLoggedSlotDeleted.accept(slot);
            }
        }
        view = new View(table, logDirty, regions);
    }

    private MemoryException rolledBack(
            String what,
            MemslotPlan.Step failed,
            List<MemslotPlan.Step> done,
            RuntimeException cause) {
        String start = "Cannot " + what + ": the memslots refused to " + failed + ". ";
        for (MemslotPlan.Step step : done.reversed()) {
            try {
                step.inverse().apply(sink, held);
            } catch (RuntimeException second) {
                cause.addSuppressed(second);
                return new MemoryException(
                        start
                                + "Going back failed too, so the memslots are not those of the"
                                + " map; they are "
                                + slots(),
                        cause);
            }
        }
        return new MemoryException(start + "The map and the memslots are as before.", cause);
    }

    /**
     * Looks an access up.
     *
     * @param gpa any u64
     * @param access what the guest does
     * @return the host memory behind it, or the violation; MMIO is always a violation
     */
    public StageTwoResult translate(long gpa, Access access) {
        Optional<StageTwoLeaf> leaf = leafAt(gpa);
        if (leaf.isPresent() && leaf.get().permissions().allows(access)) {
            Optional<HostBacking> backing = leaf.get().backing();
            if (backing.isPresent()) {
                HostBacking start = backing.get();
                long offset = start.offset() + (gpa - leaf.get().gpa());
                return new HostTranslation(
                        gpa, access, leaf.get(), new HostBacking(start.host(), offset));
            }
        }
        return new EptViolation(gpa, access, leaf);
    }

    /** The leaf that covers {@code gpa} (any u64); empty where nothing is mapped. */
    public Optional<StageTwoLeaf> leafAt(long gpa) {
        StageTwoLeaf[] found = new StageTwoLeaf[1];
        if (gpa >= 0 && gpa < GpaRange.LIMIT) {
            view.table()
                    .lookUp(
                            gpa,
                            (at, level, entry, target) -> {
                                found[0] = StageTwoEntry.toLeaf(at, level, entry, target);
                                return true;
                            });
        }
        return Optional.ofNullable(found[0]);
    }

    /** All leaves, by gpa. Many, if the map is finely divided. */
    public List<StageTwoLeaf> leaves() {
        List<StageTwoLeaf> leaves = new ArrayList<>();
        view.table()
                .forEachLeaf(
                        new GpaRange(0, GpaRange.LIMIT),
                        (gpa, level, entry, target) ->
                                leaves.add(StageTwoEntry.toLeaf(gpa, level, entry, target)));
        return List.copyOf(leaves);
    }

    /** The memslots that the sink holds, by gpa. */
    public synchronized List<Memslot> slots() {
        return held.values().stream().sorted(Comparator.comparingLong(Memslot::gpa)).toList();
    }

    /** The flat form of RAM and ROM, by gpa, of the newest complete change; do not write to it. */
    RamRegion[] regions() {
        return view.regions();
    }
}
