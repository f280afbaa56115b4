package dev.hosta.memory;

import java.lang.foreign.MemorySegment;

/**
 * The log of pages that the guest wrote, slot by slot: KVM's, or a test's.
 *
 * <p>Threading: called under the map's lock.
 */
interface DirtyLog {
    /**
     * Reads the log of a slot.
     *
     * @param bitmap native, zeroed, a bit a page, rounded up to 64 pages
     */
    void read(Memslot slot, MemorySegment bitmap);

    /**
     * Clears pages that were read, so that the next write to them is logged again.
     *
     * @param firstPage within the slot, a multiple of 64
     * @param pageCount a multiple of 64, or up to the slot's end
     * @param bitmap which of them; bit 0 is {@code firstPage}
     */
    void clear(Memslot slot, long firstPage, long pageCount, MemorySegment bitmap);
}
