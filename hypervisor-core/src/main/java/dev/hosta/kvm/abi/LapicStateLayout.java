package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_lapic_state}: the register page of the local APIC. 1024 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0 1024 regs[1024]  registers at their xAPIC offsets
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_LAPIC, KVM_SET_LAPIC in Documentation/virt/kvm/api.rst.
 */
public final class LapicStateLayout {
    /** Size in bytes. */
    public static final int SIZE = 1024;

    public static final int REGS = 0;

    private LapicStateLayout() {}
}
