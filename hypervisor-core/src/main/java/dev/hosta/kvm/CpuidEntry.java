package dev.hosta.kvm;

/**
 * One leaf of a vCPU's CPUID table, as {@code struct kvm_cpuid_entry2} carries it.
 *
 * @param function leaf, the value of EAX
 * @param index subleaf, the value of ECX; counts only where {@code flags} says so
 * @param flags {@code KVM_CPUID_FLAG_*}: bit 0, the index is significant
 * @param eax result in EAX
 * @param ebx result in EBX
 * @param ecx result in ECX
 * @param edx result in EDX
 */
public record CpuidEntry(int function, int index, int flags, int eax, int ebx, int ecx, int edx) {
    /** {@code KVM_CPUID_FLAG_SIGNIFCANT_INDEX}: the leaf has subleaves. */
    public static final int SIGNIFICANT_INDEX = 1;
}
