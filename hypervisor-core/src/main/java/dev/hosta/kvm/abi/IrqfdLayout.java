package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_irqfd}: an eventfd that raises a GSI. 32 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 fd          eventfd
 *      4    4 gsi
 *      8    4 flags       KVM_IRQFD_FLAG_*
 *     12    4 resamplefd  eventfd signalled at EOI
 *     16   16 pad[16]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_IRQFD in Documentation/virt/kvm/api.rst.
 */
public final class IrqfdLayout {
    /** Size in bytes. */
    public static final int SIZE = 32;

    public static final int FD = 0;
    public static final int GSI = 4;
    public static final int FLAGS = 8;
    public static final int RESAMPLEFD = 12;

    private IrqfdLayout() {}
}
