package dev.hosta.memory;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One run of host memory as {@link MappedGuestMemory} looks it up: a memslot, flattened to fields.
 *
 * <p>Threading: immutable.
 */
final class RamRegion {
    final long gpa;
    final long sizeBytes;
    final boolean writable;
    final MemorySegment segment;
    final WrittenPages written;
    final long hostOffset;

    private RamRegion(Memslot slot) {
        HostArea host = slot.backing().host();
        this.gpa = slot.gpa();
        this.sizeBytes = slot.sizeBytes();
        this.writable = !slot.readOnly();
        this.hostOffset = slot.backing().offset();
        this.segment = host.segment().asSlice(hostOffset, sizeBytes);
        this.written = host.written();
    }

    /** The regions of {@code slots}, sorted by gpa as those are. */
    static RamRegion[] of(List<Memslot> slots) {
        return slots.stream().map(RamRegion::new).toArray(RamRegion[]::new);
    }

    /**
     * Finds the region that holds {@code gpa} among regions sorted by gpa.
     *
     * @param gpa any u64
     * @return the region, or null
     */
    static RamRegion find(RamRegion[] regions, long gpa) {
        int low = 0;
        int high = regions.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            RamRegion region = regions[middle];
            long offset = gpa - region.gpa;
            if (offset < 0) {
                high = middle - 1;
            } else if (offset < region.sizeBytes) {
                return region;
            } else {
                low = middle + 1;
            }
        }
        return null;
    }
}
