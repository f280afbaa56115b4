package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_mp_state}: whether the vCPU runs, halts or waits for INIT/SIPI. 4 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 mp_state  KVM_MP_STATE_*
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_MP_STATE, KVM_SET_MP_STATE in
 * Documentation/virt/kvm/api.rst.
 */
public final class MpStateLayout {
    /** Size in bytes. */
    public static final int SIZE = 4;

    public static final int MP_STATE = 0;

    private MpStateLayout() {}
}
