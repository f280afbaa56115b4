package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_irq_routing}: head of the GSI routing table. 8 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 nr       number of entries
 *      4    4 flags    0
 *      8    - entries  struct kvm_irq_routing_entry[nr]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_GSI_ROUTING in Documentation/virt/kvm/api.rst.
 */
public final class IrqRoutingLayout {
    /** Size in bytes, without the array that follows. */
    public static final int SIZE = 8;

    public static final int NR = 0;
    public static final int FLAGS = 4;
    public static final int ENTRIES = 8;

    private IrqRoutingLayout() {}
}
