package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_dirty_gfn}: one entry of a vCPU's dirty ring. 16 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 flags   KVM_DIRTY_GFN_F_*
 *      4    4 slot    bits 0..15 slot, 16..31 address space
 *      8    8 offset  page number within the slot
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_CAP_DIRTY_LOG_RING in Documentation/virt/kvm/api.rst.
 */
public final class DirtyGfnLayout {
    /** Size in bytes. */
    public static final int SIZE = 16;

    public static final int FLAGS = 0;
    public static final int SLOT = 4;
    public static final int OFFSET = 8;

    private DirtyGfnLayout() {}
}
