package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_clear_dirty_log}: pages to write-protect again. 24 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 slot          bits 0..15 slot, 16..31 address space
 *      4    4 num_pages     multiple of 64, or up to the end of the slot
 *      8    8 first_page    multiple of 64
 *     16    8 dirty_bitmap  hva; bit 0 is first_page
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_CLEAR_DIRTY_LOG in Documentation/virt/kvm/api.rst.
 */
public final class ClearDirtyLogLayout {
    /** Size in bytes. */
    public static final int SIZE = 24;

    public static final int SLOT = 0;
    public static final int NUM_PAGES = 4;
    public static final int FIRST_PAGE = 8;
    public static final int DIRTY_BITMAP = 16;

    private ClearDirtyLogLayout() {}
}
