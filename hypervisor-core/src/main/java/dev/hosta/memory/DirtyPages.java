package dev.hosta.memory;

import dev.hosta.kvm.KvmVm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Which pages of RAM were written, by whomever: what KVM logged of the guest, OR'd with what the
 * VMM marked of its own writes.
 *
 * <p>{@link #start}, then copy all of RAM; then as often as wanted {@link #collect} and copy what
 * it names; stop the vCPUs and drain the devices; {@link #collect} and copy a last time. No write
 * is missing from the copy then. Why, is argued in {@code docs/memory-map.md}; in short:
 *
 * <ul>
 *   <li>A page is reported, and made clean again, before the caller reads it. A write after that
 *       reports it again.
 *   <li>Of KVM's log only the bits that were read are cleared. A page written between the read and
 *       the clear is in this report, or keeps its bit for the next one.
 *   <li>The VMM writes first and marks then ({@link WrittenPages}).
 *   <li>A slot that is deleted while it logs takes its log with it: all its pages count as written.
 * </ul>
 *
 * <p>Threading: {@code start}, {@code collect} and {@code stop} by any thread, one at a time,
 * beside running vCPUs and devices.
 */
public final class DirtyPages {
    private static final int PAGE_SHIFT = 12;

    /** How much is cleared at once, 256 MiB: KVM holds its MMU lock meanwhile. */
    private static final long CLEAR_WORDS = 1024;

    private final StageTwoMap map;
    private final HostArea ram;
    private final DirtyLog log;
    private boolean started;

    /**
     * Tracking for one VM; off.
     *
     * @param map the VM's map
     * @param ram the RAM whose pages are reported; other areas are not
     * @param vm the VM that holds the map's slots
     */
    public DirtyPages(StageTwoMap map, HostArea ram, KvmVm vm) {
        this(map, ram, new KvmDirtyLog(vm));
    }

    /** As the public one, with a log of the caller's. */
    DirtyPages(StageTwoMap map, HostArea ram, DirtyLog log) {
        this.map = map;
        this.ram = ram;
        this.log = log;
    }

    /**
     * Starts tracking: all pages are clean, every later write is reported.
     *
     * @throws MemoryException if KVM refuses; nothing is tracked then
     * @throws IllegalStateException if it was started already
     */
    public void start() {
        synchronized (map) {
            requireStarted(false);
            map.onLoggedSlotDeleted(this::markAll);
            ram.written().clear();
            map.logDirty(true);
            started = true;
        }
    }

    /**
     * Takes the pages written since the last call, or since the start, and makes them clean. Read
     * their contents after this call, not before.
     *
     * @throws IllegalStateException if tracking is off
     */
    public DirtySet collect() {
        return collect(true);
    }

    /**
     * As {@link #collect}, where the guest stands still and nothing is collected afterwards: the
     * pages need not be made clean, which takes KVM longer than to name them.
     */
    public DirtySet collectLast() {
        return collect(false);
    }

    private DirtySet collect(boolean again) {
        synchronized (map) {
            requireStarted(true);
            long[] words = new long[DirtySet.wordCount(ram.sizeBytes())];
            for (Memslot slot : map.slots()) {
                if (slot.logsDirty() && slot.backing().host() == ram) {
                    collect(slot, words, again);
                }
            }
            ram.written().takeInto(words);
            return new DirtySet(words);
        }
    }

    private void collect(Memslot slot, long[] words, boolean again) {
        long pages = slot.sizeBytes() >>> PAGE_SHIFT;
        long wordCount = (pages + 63) >>> 6;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = arena.allocate(wordCount * 8, 8);
            log.read(slot, bitmap);
            long ramPage = slot.backing().offset() >>> PAGE_SHIFT;
            long[] logged = bitmap.toArray(ValueLayout.JAVA_LONG);
            int at = DirtySet.nextWord(logged, 0);
            while (at < wordCount) {
                long from = at / CLEAR_WORDS * CLEAR_WORDS;
                long to = Math.min(from + CLEAR_WORDS, wordCount);
                while (at < to) {
                    orAt(words, ramPage + ((long) at << 6), logged[at]);
                    at = DirtySet.nextWord(logged, at + 1);
                }
                if (again) {
                    long count = Math.min(pages, to << 6) - (from << 6);
                    log.clear(slot, from << 6, count, bitmap.asSlice(from * 8));
                }
            }
        }
    }

    /** ORs 64 pages that start at any page number. */
    private static void orAt(long[] words, long page, long bits) {
        int word = (int) (page >>> 6);
        words[word] |= bits << page;
        long carried = (page & 63) == 0 ? 0 : bits >>> (64 - (page & 63));
        if (carried != 0) {
            words[word + 1] |= carried;
        }
    }

    /** Stops tracking. */
    public void stop() {
        synchronized (map) {
            requireStarted(true);
            map.logDirty(false);
            map.onLoggedSlotDeleted(slot -> {});
            started = false;
        }
    }

    private void markAll(Memslot slot) {
        slot.backing().host().written().mark(slot.backing().offset(), slot.sizeBytes());
    }

    private void requireStarted(boolean wanted) {
        if (started != wanted) {
            throw new IllegalStateException(
                    wanted ? "Dirty tracking is off" : "Dirty tracking is on already");
        }
    }
}
