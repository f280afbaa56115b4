package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_guest_debug}: what the VMM debugs in a vCPU. 72 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 control           KVM_GUESTDBG_*
 *      4    4 pad
 *      8   64 arch.debugreg[8]  DR0..DR7
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_GUEST_DEBUG in Documentation/virt/kvm/api.rst.
 */
public final class GuestDebugLayout {
    /** Size in bytes. */
    public static final int SIZE = 72;

    public static final int CONTROL = 0;
    public static final int ARCH_DEBUGREG = 8;

    private GuestDebugLayout() {}
}
