package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_msr_entry}: one MSR. 16 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 index     number of the MSR
 *      4    4 reserved
 *      8    8 data      value
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_MSRS, KVM_SET_MSRS in Documentation/virt/kvm/api.rst.
 */
public final class MsrEntryLayout {
    /** Size in bytes. */
    public static final int SIZE = 16;

    public static final int INDEX = 0;
    public static final int DATA = 8;

    private MsrEntryLayout() {}
}
