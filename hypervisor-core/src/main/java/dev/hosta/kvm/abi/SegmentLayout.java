package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_segment}: one segment register with its hidden part. 24 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 base      linear address
 *      8    4 limit     bytes - 1
 *     12    2 selector
 *     14    1 type      descriptor type, 4 bits
 *     15    1 present
 *     16    1 dpl       privilege level
 *     17    1 db        1: 32 bit
 *     18    1 s         1: code or data
 *     19    1 l         1: 64 bit code
 *     20    1 g         granularity
 *     21    1 avl       free for software
 *     22    1 unusable  1: null segment
 *     23    1 padding
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_SREGS in Documentation/virt/kvm/api.rst.
 */
public final class SegmentLayout {
    /** Size in bytes. */
    public static final int SIZE = 24;

    public static final int BASE = 0;
    public static final int LIMIT = 8;
    public static final int SELECTOR = 12;
    public static final int TYPE = 14;
    public static final int PRESENT = 15;
    public static final int DPL = 16;
    public static final int DB = 17;
    public static final int S = 18;
    public static final int L = 19;
    public static final int G = 20;
    public static final int AVL = 21;
    public static final int UNUSABLE = 22;

    private SegmentLayout() {}
}
