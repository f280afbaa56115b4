package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_msr_list}: head of an array of MSR numbers. 4 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 nmsrs    in: room, out: number of indices
 *      4    - indices  u32[nmsrs]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_MSR_INDEX_LIST in Documentation/virt/kvm/api.rst.
 */
public final class MsrListLayout {
    /** Size in bytes, without the array that follows. */
    public static final int SIZE = 4;

    public static final int NMSRS = 0;
    public static final int INDICES = 4;

    private MsrListLayout() {}
}
