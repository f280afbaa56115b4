package dev.hosta.memory;

import java.lang.foreign.Arena;

/** Sixteen MiB of RAM at gpa 0, MMIO behind it, and a way to write page tables into it. */
final class GuestTables {
    static final long P = 1;
    static final long W = 1 << 1;
    static final long U = 1 << 2;
    static final long A = 1 << 5;
    static final long D = 1 << 6;
    static final long LARGE = 1 << 7;
    static final long NX = 1L << 63;

    static final long CR0_PG_WP = 0x8001_0001L;
    static final long CR4_PAE = 1 << 5;
    static final long CR4_PSE = 1 << 4;
    static final long CR4_LA57 = 1 << 12;
    static final long CR4_SMEP = 1 << 20;
    static final long CR4_SMAP = 1 << 21;
    static final long EFER_LMA = 1 << 10;
    static final long EFER_NXE = 1 << 11;

    static final long RAM_SIZE = 16 << 20;
    static final long MMIO_GPA = 0xd000_0000L;
    static final long ROOT = 0x1000;

    final StageTwoMap map = new StageTwoMap((slot, flags, gpa, sizeBytes, hva) -> {});
    final MappedGuestMemory memory = new MappedGuestMemory(map);
    private long nextTable = ROOT + 0x1000;

    GuestTables(Arena arena) {
        HostArea ram = TestHost.real(arena, "ram", RAM_SIZE);
        map.mapRam(new GpaRange(0, RAM_SIZE), new HostBacking(ram, 0));
        map.mapMmio(new GpaRange(MMIO_GPA, 0x1000));
    }

    static PagingState long4() {
        return new PagingState(CR0_PG_WP, ROOT, CR4_PAE, EFER_LMA | EFER_NXE, 40);
    }

    static PagingState long5() {
        return new PagingState(CR0_PG_WP, ROOT, CR4_PAE | CR4_LA57, EFER_LMA | EFER_NXE, 40);
    }

    static PagingState pae() {
        return new PagingState(CR0_PG_WP, ROOT, CR4_PAE, EFER_NXE, 40);
    }

    static PagingState legacy() {
        return new PagingState(CR0_PG_WP, ROOT, CR4_PSE, 0, 40);
    }

    static PagingState withCr4(PagingState state, long more) {
        return new PagingState(state.cr0(), state.cr3(), state.cr4() | more, state.efer(), 40);
    }

    /** Writes an 8-byte entry. */
    void entry(long tableGpa, long index, long value) {
        memory.storeU64(tableGpa + index * 8, value);
    }

    /** Writes a 4-byte entry. */
    void entry32(long tableGpa, long index, long value) {
        memory.storeU32(tableGpa + index * 4, value);
    }

    /** A fresh table. */
    long table() {
        nextTable += 0x1000;
        return nextTable - 0x1000;
    }

    /**
     * Maps {@code gva} in tables of 8-byte entries by {@code value} at {@code level}, with new
     * tables from {@code levels} down; upper entries get all rights.
     *
     * @return the gpa of the entry that was written last
     */
    long map(int levels, long gva, int level, long value) {
        long table = ROOT;
        for (int at = levels; at > level; at--) {
            long index = gva >>> (12 + 9 * (at - 1)) & 511;
            long old = memory.loadU64(table + index * 8);
            if ((old & P) == 0) {
                boolean pdpte = levels == 3 && at == 3;
                old = table() | P | (pdpte ? 0 : W | U);
                entry(table, index, old);
            }
            table = old & 0x000f_ffff_ffff_f000L;
        }
        long index = gva >>> (12 + 9 * (level - 1)) & 511;
        entry(table, index, value);
        return table + index * 8;
    }
}
