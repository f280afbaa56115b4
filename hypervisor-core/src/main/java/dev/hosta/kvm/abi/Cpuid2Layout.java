package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_cpuid2}: head of a CPUID table. 8 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 nent     in: room, out: number of entries
 *      4    4 padding
 *      8    - entries  struct kvm_cpuid_entry2[nent]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_SUPPORTED_CPUID, KVM_SET_CPUID2 in
 * Documentation/virt/kvm/api.rst.
 */
public final class Cpuid2Layout {
    /** Size in bytes, without the array that follows. */
    public static final int SIZE = 8;

    public static final int NENT = 0;
    public static final int ENTRIES = 8;

    private Cpuid2Layout() {}
}
