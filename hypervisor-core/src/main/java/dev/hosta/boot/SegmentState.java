package dev.hosta.boot;

/**
 * A segment register with its hidden part, in the terms of {@code struct kvm_segment}.
 *
 * @param selector visible part
 * @param base linear address
 * @param limit last offset in bytes, whatever {@code g} says; 0..0xffffffff
 * @param type descriptor type, 4 bits: 11 code or busy TSS, 3 data
 * @param present P bit
 * @param dpl privilege level, 0..3
 * @param db D/B bit: 32-bit default
 * @param s S bit: code or data, not a system descriptor
 * @param l L bit: 64-bit code
 * @param g G bit: the descriptor's limit counts pages
 */
public record SegmentState(
        int selector,
        long base,
        long limit,
        int type,
        boolean present,
        int dpl,
        boolean db,
        boolean s,
        boolean l,
        boolean g) {
    private static final int CODE = 11;
    private static final int DATA = 3;
    private static final int BUSY_TSS = 11;
    private static final long ALL = 0xffff_ffffL;

    static SegmentState code64() {
        return new SegmentState(Gdt.CODE_64, 0, ALL, CODE, true, 0, false, true, true, true);
    }

    static SegmentState code32() {
        return new SegmentState(Gdt.CODE_32, 0, ALL, CODE, true, 0, true, true, false, true);
    }

    static SegmentState data32() {
        return new SegmentState(Gdt.DATA, 0, ALL, DATA, true, 0, true, true, false, true);
    }

    static SegmentState code16(int selector) {
        return new SegmentState(
                selector, (long) selector << 4, 0xffff, CODE, true, 0, false, true, false, false);
    }

    static SegmentState data16(int selector) {
        return new SegmentState(
                selector, (long) selector << 4, 0xffff, DATA, true, 0, false, true, false, false);
    }

    /** A busy TSS: both vendors refuse to run without one. */
    static SegmentState tss(int selector, long limit) {
        return new SegmentState(selector, 0, limit, BUSY_TSS, true, 0, false, false, false, false);
    }
}
