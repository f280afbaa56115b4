package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_vcpu_events}: what is in flight between vCPU and interrupt logic. 64 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    1 exception.injected
 *      1    1 exception.nr              vector
 *      2    1 exception.has_error_code
 *      3    1 exception.pending         needs KVM_CAP_EXCEPTION_PAYLOAD
 *      4    4 exception.error_code
 *      8    1 interrupt.injected
 *      9    1 interrupt.nr              vector
 *     10    1 interrupt.soft            1: by INT n
 *     11    1 interrupt.shadow          KVM_X86_SHADOW_*
 *     12    1 nmi.injected
 *     13    1 nmi.pending
 *     14    1 nmi.masked
 *     15    1 nmi.pad
 *     16    4 sipi_vector               start-up page number
 *     20    4 flags                     KVM_VCPUEVENT_VALID_*
 *     24    1 smi.smm                   in system management mode
 *     25    1 smi.pending
 *     26    1 smi.smm_inside_nmi
 *     27    1 smi.latched_init
 *     28    1 triple_fault.pending      needs KVM_CAP_X86_TRIPLE_FAULT_EVENT
 *     29   26 reserved[26]
 *     55    1 exception_has_payload
 *     56    8 exception_payload         CR2 or DR6 of the exception
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS in
 * Documentation/virt/kvm/api.rst.
 */
public final class VcpuEventsLayout {
    /** Size in bytes. */
    public static final int SIZE = 64;

    public static final int EXCEPTION_INJECTED = 0;
    public static final int EXCEPTION_NR = 1;
    public static final int EXCEPTION_HAS_ERROR_CODE = 2;
    public static final int EXCEPTION_PENDING = 3;
    public static final int EXCEPTION_ERROR_CODE = 4;
    public static final int INTERRUPT_INJECTED = 8;
    public static final int INTERRUPT_NR = 9;
    public static final int INTERRUPT_SOFT = 10;
    public static final int INTERRUPT_SHADOW = 11;
    public static final int NMI_INJECTED = 12;
    public static final int NMI_PENDING = 13;
    public static final int NMI_MASKED = 14;
    public static final int SIPI_VECTOR = 16;
    public static final int FLAGS = 20;
    public static final int SMI_SMM = 24;
    public static final int SMI_PENDING = 25;
    public static final int SMI_SMM_INSIDE_NMI = 26;
    public static final int SMI_LATCHED_INIT = 27;
    public static final int TRIPLE_FAULT_PENDING = 28;
    public static final int EXCEPTION_HAS_PAYLOAD = 55;
    public static final int EXCEPTION_PAYLOAD = 56;

    private VcpuEventsLayout() {}
}
