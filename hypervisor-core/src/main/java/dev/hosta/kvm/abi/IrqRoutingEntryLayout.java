package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_irq_routing_entry}: where one GSI leads. 48 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 gsi
 *      4    4 type               KVM_IRQ_ROUTING_*
 *      8    4 flags              0
 *     12    4 pad
 *     16    4 u.irqchip.irqchip  KVM_IRQCHIP_*
 *     20    4 u.irqchip.pin      pin of that chip
 *     16    4 u.msi.address_lo
 *     20    4 u.msi.address_hi
 *     24    4 u.msi.data
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_GSI_ROUTING in Documentation/virt/kvm/api.rst.
 */
public final class IrqRoutingEntryLayout {
    /** Size in bytes. */
    public static final int SIZE = 48;

    public static final int GSI = 0;
    public static final int TYPE = 4;
    public static final int FLAGS = 8;
    public static final int U_IRQCHIP_IRQCHIP = 16;
    public static final int U_IRQCHIP_PIN = 20;
    public static final int U_MSI_ADDRESS_LO = 16;
    public static final int U_MSI_ADDRESS_HI = 20;
    public static final int U_MSI_DATA = 24;

    private IrqRoutingEntryLayout() {}
}
