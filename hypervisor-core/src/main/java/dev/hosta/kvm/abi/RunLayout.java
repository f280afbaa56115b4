package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_run}: the page that KVM and the VMM share for one vCPU. 2352 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    1 request_interrupt_window                  in
 *      1    1 immediate_exit                            in: leave KVM_RUN at once with EINTR
 *      2    6 padding1[6]
 *      8    4 exit_reason                               KVM_EXIT_*
 *     12    1 ready_for_interrupt_injection
 *     13    1 if_flag                                   RFLAGS.IF
 *     14    2 flags                                     KVM_RUN_X86_*
 *     16    8 cr8                                       in and out, without in-kernel APIC
 *     24    8 apic_base                                 in and out, likewise
 *     32    8 hw.hardware_exit_reason                   UNKNOWN
 *     32    8 fail_entry.hardware_entry_failure_reason  FAIL_ENTRY
 *     40    4 fail_entry.cpu                            host CPU
 *     32    4 ex.exception                              EXCEPTION: vector
 *     36    4 ex.error_code
 *     32    1 io.direction                              IO: 0 in, 1 out
 *     33    1 io.size                                   bytes a datum: 1, 2, 4
 *     34    2 io.port
 *     36    4 io.count                                  data
 *     40    8 io.data_offset                            from the start of kvm_run
 *     32    4 debug.arch.exception                      DEBUG: see kvm_debug_exit_arch
 *     36    4 debug.arch.pad
 *     40    8 debug.arch.pc
 *     48    8 debug.arch.dr6
 *     56    8 debug.arch.dr7
 *     32    8 mmio.phys_addr                            MMIO: gpa
 *     40    8 mmio.data[8]
 *     48    4 mmio.len                                  1..8
 *     52    1 mmio.is_write
 *     32    8 hypercall.nr                              HYPERCALL
 *     40   48 hypercall.args[6]
 *     88    8 hypercall.ret                             in
 *     96    4 hypercall.longmode
 *    100    4 hypercall.pad
 *     32    8 tpr_access.rip                            TPR_ACCESS
 *     40    4 tpr_access.is_write
 *     44    4 tpr_access.pad
 *     32    4 internal.suberror                         INTERNAL_ERROR: KVM_INTERNAL_ERROR_*
 *     36    4 internal.ndata                            0..16
 *     40  128 internal.data[16]
 *     32    4 emulation_failure.suberror                INTERNAL_ERROR with suberror 1
 *     36    4 emulation_failure.ndata
 *     40    8 emulation_failure.flags                   bit 0: instruction bytes are valid
 *     48    1 emulation_failure.insn_size
 *     49   15 emulation_failure.insn_bytes[15]
 *     32    4 system_event.type                         SYSTEM_EVENT: KVM_SYSTEM_EVENT_*
 *     36    4 system_event.ndata
 *     40  128 system_event.data[16]
 *     32    1 eoi.vector                                IOAPIC_EOI
 *     32    1 msr.error                                 X86_RDMSR, X86_WRMSR; in: 1 injects #GP
 *     33    7 msr.pad[7]
 *     40    4 msr.reason                                KVM_MSR_EXIT_REASON_*
 *     44    4 msr.index
 *     48    8 msr.data                                  in or out
 *     32    4 notify.flags                              NOTIFY: KVM_NOTIFY_CONTEXT_INVALID
 *     32    8 memory_fault.flags                        MEMORY_FAULT, since Linux 6.8
 *     40    8 memory_fault.gpa
 *     48    8 memory_fault.size                         bytes
 *    288    8 kvm_valid_regs                            KVM_CAP_SYNC_REGS
 *    296    8 kvm_dirty_regs
 *    304 2048 s[2048]                                   struct kvm_sync_regs
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_RUN in Documentation/virt/kvm/api.rst.
 */
public final class RunLayout {
    /** Size in bytes. */
    public static final int SIZE = 2352;

    public static final int REQUEST_INTERRUPT_WINDOW = 0;
    public static final int IMMEDIATE_EXIT = 1;
    public static final int EXIT_REASON = 8;
    public static final int READY_FOR_INTERRUPT_INJECTION = 12;
    public static final int IF_FLAG = 13;
    public static final int FLAGS = 14;
    public static final int CR8 = 16;
    public static final int APIC_BASE = 24;
    public static final int HW_HARDWARE_EXIT_REASON = 32;
    public static final int FAIL_ENTRY_HARDWARE_ENTRY_FAILURE_REASON = 32;
    public static final int FAIL_ENTRY_CPU = 40;
    public static final int EX_EXCEPTION = 32;
    public static final int EX_ERROR_CODE = 36;
    public static final int IO_DIRECTION = 32;
    public static final int IO_SIZE = 33;
    public static final int IO_PORT = 34;
    public static final int IO_COUNT = 36;
    public static final int IO_DATA_OFFSET = 40;
    public static final int DEBUG_ARCH_EXCEPTION = 32;
    public static final int DEBUG_ARCH_PC = 40;
    public static final int DEBUG_ARCH_DR6 = 48;
    public static final int DEBUG_ARCH_DR7 = 56;
    public static final int MMIO_PHYS_ADDR = 32;
    public static final int MMIO_DATA = 40;
    public static final int MMIO_LEN = 48;
    public static final int MMIO_IS_WRITE = 52;
    public static final int HYPERCALL_NR = 32;
    public static final int HYPERCALL_ARGS = 40;
    public static final int HYPERCALL_RET = 88;
    public static final int HYPERCALL_LONGMODE = 96;
    public static final int TPR_ACCESS_RIP = 32;
    public static final int TPR_ACCESS_IS_WRITE = 40;
    public static final int INTERNAL_SUBERROR = 32;
    public static final int INTERNAL_NDATA = 36;
    public static final int INTERNAL_DATA = 40;
    public static final int EMULATION_FAILURE_SUBERROR = 32;
    public static final int EMULATION_FAILURE_NDATA = 36;
    public static final int EMULATION_FAILURE_FLAGS = 40;
    public static final int EMULATION_FAILURE_INSN_SIZE = 48;
    public static final int EMULATION_FAILURE_INSN_BYTES = 49;
    public static final int SYSTEM_EVENT_TYPE = 32;
    public static final int SYSTEM_EVENT_NDATA = 36;
    public static final int SYSTEM_EVENT_DATA = 40;
    public static final int EOI_VECTOR = 32;
    public static final int MSR_ERROR = 32;
    public static final int MSR_REASON = 40;
    public static final int MSR_INDEX = 44;
    public static final int MSR_DATA = 48;
    public static final int NOTIFY_FLAGS = 32;
    public static final int MEMORY_FAULT_FLAGS = 32;
    public static final int MEMORY_FAULT_GPA = 40;
    public static final int MEMORY_FAULT_SIZE = 48;
    public static final int KVM_VALID_REGS = 288;
    public static final int KVM_DIRTY_REGS = 296;
    public static final int S = 304;

    private RunLayout() {}
}
