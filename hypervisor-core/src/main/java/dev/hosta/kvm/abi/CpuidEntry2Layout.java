package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_cpuid_entry2}: one CPUID leaf. 40 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 function    leaf, EAX on entry
 *      4    4 index       subleaf, ECX on entry
 *      8    4 flags       KVM_CPUID_FLAG_*
 *     12    4 eax
 *     16    4 ebx
 *     20    4 ecx
 *     24    4 edx
 *     28   12 padding[3]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SET_CPUID2 in Documentation/virt/kvm/api.rst.
 */
public final class CpuidEntry2Layout {
    /** Size in bytes. */
    public static final int SIZE = 40;

    public static final int FUNCTION = 0;
    public static final int INDEX = 4;
    public static final int FLAGS = 8;
    public static final int EAX = 12;
    public static final int EBX = 16;
    public static final int ECX = 20;
    public static final int EDX = 24;

    private CpuidEntry2Layout() {}
}
