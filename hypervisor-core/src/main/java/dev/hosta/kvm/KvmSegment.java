package dev.hosta.kvm;

/**
 * One segment register with its hidden part, {@code struct kvm_segment}.
 *
 * @param base linear address of its first byte
 * @param limit length in bytes - 1, unsigned 32 bit
 * @param selector 0..65535
 * @param type descriptor type, 0..15
 * @param present descriptor bit P
 * @param dpl privilege level, 0..3
 * @param db descriptor bit D/B: 32-bit default size
 * @param codeOrData descriptor bit S: not a system segment
 * @param longMode descriptor bit L: 64-bit code
 * @param granular descriptor bit G: the descriptor counts pages
 * @param available descriptor bit AVL
 * @param unusable whether a null selector is loaded
 */
public record KvmSegment(
        long base,
        int limit,
        int selector,
        int type,
        boolean present,
        int dpl,
        boolean db,
        boolean codeOrData,
        boolean longMode,
        boolean granular,
        boolean available,
        boolean unusable) {
    /** A real-mode code segment (execute, read, accessed) at a paragraph. */
    public static KvmSegment realModeCode(int selector) {
        return realMode(selector, 0xb);
    }

    /** A real-mode data segment (read, write, accessed) at a paragraph. */
    public static KvmSegment realModeData(int selector) {
        return realMode(selector, 0x3);
    }

    private static KvmSegment realMode(int selector, int type) {
        return new KvmSegment(
                (long) selector << 4,
                0xffff,
                selector,
                type,
                true,
                0,
                false,
                true,
                false,
                false,
                false,
                false);
    }

    /** A flat 64-bit code segment: execute, read, accessed; ring {@code selector & 3}. */
    public static KvmSegment code64(int selector) {
        return flat(selector, 0xb, false, true);
    }

    /** A flat 32-bit code segment: execute, read, accessed; ring {@code selector & 3}. */
    public static KvmSegment code32(int selector) {
        return flat(selector, 0xb, true, false);
    }

    /** A flat data segment: read, write, accessed; ring {@code selector & 3}. */
    public static KvmSegment data(int selector) {
        return flat(selector, 0x3, true, false);
    }

    private static KvmSegment flat(int selector, int type, boolean db, boolean longMode) {
        return new KvmSegment(
                0,
                0xffff_ffff,
                selector,
                type,
                true,
                selector & 3,
                db,
                true,
                longMode,
                true,
                false,
                false);
    }

    /** A busy task state segment (type 11: 32-bit, or 64-bit in long mode). */
    public static KvmSegment tss(long base, int limit, int selector) {
        return new KvmSegment(
                base, limit, selector, 0xb, true, 0, false, false, false, false, false, false);
    }
}
