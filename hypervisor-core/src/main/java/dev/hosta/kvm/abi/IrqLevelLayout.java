package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_irq_level}: the level of one GSI. 8 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 irq    GSI; out of KVM_IRQ_LINE_STATUS: status
 *      4    4 level  0 or 1
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_IRQ_LINE, KVM_IRQ_LINE_STATUS in
 * Documentation/virt/kvm/api.rst.
 */
public final class IrqLevelLayout {
    /** Size in bytes. */
    public static final int SIZE = 8;

    public static final int IRQ = 0;
    public static final int LEVEL = 4;

    private IrqLevelLayout() {}
}
