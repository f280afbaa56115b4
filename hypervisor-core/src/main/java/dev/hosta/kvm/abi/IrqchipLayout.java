package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_irqchip}: the state of one in-kernel interrupt controller. 520 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 chip_id    KVM_IRQCHIP_*
 *      4    4 pad
 *      8  512 chip[512]  kvm_pic_state (16 B) or kvm_ioapic_state (216 B)
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_IRQCHIP, KVM_SET_IRQCHIP in
 * Documentation/virt/kvm/api.rst.
 */
public final class IrqchipLayout {
    /** Size in bytes. */
    public static final int SIZE = 520;

    public static final int CHIP_ID = 0;
    public static final int CHIP = 8;

    private IrqchipLayout() {}
}
