package dev.hosta.boot;

/**
 * What the first vCPU's registers hold when it starts. A register that is not named here is 0, or
 * what a reset leaves.
 *
 * @param mode processor mode
 * @param rip first instruction, an offset in {@code cs}
 * @param rsp stack pointer
 * @param rbx PVH: gpa of {@code hvm_start_info}; otherwise 0
 * @param rsi 64-bit entry: gpa of the zero page; otherwise 0
 * @param rflags flags, interrupts off
 * @param cr0 control register 0
 * @param cr3 root of the page tables, 0 without paging
 * @param cr4 control register 4
 * @param efer extended feature register
 * @param cs code segment
 * @param data the segment for ds, es, fs, gs and ss
 * @param tr task register
 * @param gdtBaseGpa base of the GDT
 * @param gdtLimit last byte of the GDT
 * @param idtLimit last byte of the IDT, whose base is 0: none, or real mode's vectors
 */
public record EntryState(
        EntryMode mode,
        long rip,
        long rsp,
        long rbx,
        long rsi,
        long rflags,
        long cr0,
        long cr3,
        long cr4,
        long efer,
        SegmentState cs,
        SegmentState data,
        SegmentState tr,
        long gdtBaseGpa,
        int gdtLimit,
        int idtLimit) {
    private static final long RFLAGS_FIXED = 0x2;
    private static final long CR0_PE = 0x1;
    private static final long CR0_MP = 0x2;
    private static final long CR0_ET = 0x10;
    private static final long CR0_NE = 0x20;
    private static final long CR0_WP = 0x1_0000;
    private static final long CR0_AM = 0x4_0000;
    private static final long CR0_PG = 0x8000_0000L;
    private static final long CR4_PAE = 0x20;
    private static final long EFER_LME_LMA = 0x500;

    /** Real-mode stack: below where a BIOS loads a boot sector. */
    private static final long REAL_STACK = 0x7c00;

    private static final int REAL_LIMIT = 0xffff;

    /** Linux's 64-bit entry: paging on, {@code rsi} holds the zero page (boot.rst). */
    static EntryState long64(long rip, long zeroPageGpa) {
        return new EntryState(
                EntryMode.LONG_64,
                rip,
                PhysicalLayout.STACK_TOP_GPA,
                0,
                zeroPageGpa,
                RFLAGS_FIXED,
                CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE,
                PhysicalLayout.PAGE_TABLES_GPA,
                CR4_PAE,
                EFER_LME_LMA,
                SegmentState.code64(),
                SegmentState.data32(),
                SegmentState.tss(Gdt.TSS, Gdt.TSS_LIMIT),
                PhysicalLayout.GDT_GPA,
                Gdt.LIMIT,
                0);
    }

    /** PVH entry: flat 32-bit segments, {@code ebx} holds the start info (Xen's pvh.pandoc). */
    static EntryState protected32(long eip, long startInfoGpa) {
        return new EntryState(
                EntryMode.PROTECTED_32,
                eip,
                PhysicalLayout.STACK_TOP_GPA,
                startInfoGpa,
                0,
                RFLAGS_FIXED,
                CR0_ET | CR0_PE,
                0,
                0,
                0,
                SegmentState.code32(),
                SegmentState.data32(),
                SegmentState.tss(Gdt.TSS, Gdt.TSS_LIMIT),
                PhysicalLayout.GDT_GPA,
                Gdt.LIMIT,
                0);
    }

    /** Real-mode entry at a segment and an offset; data segments are 0. */
    static EntryState real16(int segment, int offset) {
        return new EntryState(
                EntryMode.REAL_16,
                offset,
                REAL_STACK,
                0,
                0,
                RFLAGS_FIXED,
                CR0_ET,
                0,
                0,
                0,
                SegmentState.code16(segment),
                SegmentState.data16(0),
                SegmentState.tss(0, REAL_LIMIT),
                0,
                REAL_LIMIT,
                REAL_LIMIT);
    }
}
