package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_signal_mask}: the signal mask inside KVM_RUN. 4 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 len     bytes of sigset: 8, the kernel's size
 *      4    - sigset  u8[len], bit n-1 blocks signal n
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_SIGNAL_MASK in Documentation/virt/kvm/api.rst.
 */
public final class SignalMaskLayout {
    /** Size in bytes, without the array that follows. */
    public static final int SIZE = 4;

    public static final int LEN = 0;
    public static final int SIGSET = 4;

    private SignalMaskLayout() {}
}
