package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_msrs}: head of an array of MSRs. 8 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 nmsrs    number of entries
 *      4    4 pad
 *      8    - entries  struct kvm_msr_entry[nmsrs]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_MSRS, KVM_SET_MSRS in Documentation/virt/kvm/api.rst.
 */
public final class MsrsLayout {
    /** Size in bytes, without the array that follows. */
    public static final int SIZE = 8;

    public static final int NMSRS = 0;
    public static final int ENTRIES = 8;

    private MsrsLayout() {}
}
