package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_userspace_memory_region}: one memslot, added, moved, changed or deleted. 32
 * bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 slot             memslot number, 0 .. KVM_CAP_NR_MEMSLOTS-1
 *      4    4 flags            KVM_MEM_* bits
 *      8    8 guest_phys_addr  bytes, page aligned
 *     16    8 memory_size      bytes, page multiple; 0 deletes the slot
 *     24    8 userspace_addr   host virtual address, page aligned
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_USER_MEMORY_REGION in Documentation/virt/kvm/api.rst.
 */
public final class UserspaceMemoryRegionLayout {
    /** Size in bytes. */
    public static final int SIZE = 32;

    public static final int SLOT = 0;
    public static final int FLAGS = 4;
    public static final int GUEST_PHYS_ADDR = 8;
    public static final int MEMORY_SIZE = 16;
    public static final int USERSPACE_ADDR = 24;

    private UserspaceMemoryRegionLayout() {}
}
