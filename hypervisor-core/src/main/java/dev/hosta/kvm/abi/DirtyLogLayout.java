package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_dirty_log}: where the dirty bitmap of a slot goes. 16 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 slot          bits 0..15 slot, 16..31 address space
 *      4    4 padding1
 *      8    8 dirty_bitmap  hva of the bitmap, one bit a page
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_DIRTY_LOG in Documentation/virt/kvm/api.rst.
 */
public final class DirtyLogLayout {
    /** Size in bytes. */
    public static final int SIZE = 16;

    public static final int SLOT = 0;
    public static final int DIRTY_BITMAP = 8;

    private DirtyLogLayout() {}
}
