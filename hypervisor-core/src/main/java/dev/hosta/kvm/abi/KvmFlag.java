package dev.hosta.kvm.abi;

/**
 * Flags and small numbers of {@code linux/kvm.h} and {@code asm/kvm.h}, without the KVM_ prefix.
 */
public final class KvmFlag {
    // Memory

    /** Memslot flag: writes set bits in the dirty log. */
    public static final int MEM_LOG_DIRTY_PAGES = 1;

    /** Memslot flag: writes exit as MMIO. */
    public static final int MEM_READONLY = 2;

    /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: reading the log does not clear it. */
    public static final int DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;

    /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: all pages start dirty. */
    public static final int DIRTY_LOG_INITIALLY_SET = 2;

    /** Dirty ring entry: harvest it. */
    public static final int DIRTY_GFN_F_DIRTY = 1;

    /** Dirty ring entry: harvested. */
    public static final int DIRTY_GFN_F_RESET = 2;

    /** Where the dirty ring is mapped in a vCPU fd, in pages. */
    public static final int DIRTY_LOG_PAGE_OFFSET = 64;

    /** Where port I/O data stand in the mapped vCPU area, in pages. */
    public static final int PIO_PAGE_OFFSET = 1;

    // kvm_run

    /** kvm_run.io.direction: IN. */
    public static final int EXIT_IO_IN = 0;

    /** kvm_run.io.direction: OUT. */
    public static final int EXIT_IO_OUT = 1;

    /** KVM could not emulate an instruction. */
    public static final int INTERNAL_ERROR_EMULATION = 1;

    /** Exceptions met that cannot meet. */
    public static final int INTERNAL_ERROR_SIMUL_EX = 2;

    /** An exit while an event was delivered. */
    public static final int INTERNAL_ERROR_DELIVERY_EV = 3;

    /** The hardware gave an exit that KVM did not ask for. */
    public static final int INTERNAL_ERROR_UNEXPECTED_EXIT_REASON = 4;

    /** The instruction bytes in kvm_run are valid. */
    public static final int INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES = 1;

    /** Guest asks to power off. */
    public static final int SYSTEM_EVENT_SHUTDOWN = 1;

    /** Guest asks to reset. */
    public static final int SYSTEM_EVENT_RESET = 2;

    /** Guest says that it crashed. */
    public static final int SYSTEM_EVENT_CRASH = 3;

    /** kvm_run.flags: in system management mode. */
    public static final int RUN_X86_SMM = 1;

    /** kvm_run.flags: a bus lock was seen. */
    public static final int RUN_X86_BUS_LOCK = 2;

    /** Invalid access to a known MSR. */
    public static final int MSR_EXIT_REASON_INVAL = 1;

    /** KVM does not know the MSR. */
    public static final int MSR_EXIT_REASON_UNKNOWN = 2;

    /** The MSR filter asked for it. */
    public static final int MSR_EXIT_REASON_FILTER = 4;

    /** The vCPU state is corrupt. */
    public static final int NOTIFY_CONTEXT_INVALID = 1;

    // vCPU state

    /** Runs. */
    public static final int MP_STATE_RUNNABLE = 0;

    /** An AP before INIT. */
    public static final int MP_STATE_UNINITIALIZED = 1;

    /** An AP that waits for SIPI. */
    public static final int MP_STATE_INIT_RECEIVED = 2;

    /** In HLT. */
    public static final int MP_STATE_HALTED = 3;

    /** Got SIPI, about to run. */
    public static final int MP_STATE_SIPI_RECEIVED = 4;

    /** nmi.pending is meant. */
    public static final int VCPUEVENT_VALID_NMI_PENDING = 1;

    /** sipi_vector is meant. */
    public static final int VCPUEVENT_VALID_SIPI_VECTOR = 2;

    /** interrupt.shadow is meant. */
    public static final int VCPUEVENT_VALID_SHADOW = 4;

    /** smi is meant. */
    public static final int VCPUEVENT_VALID_SMM = 8;

    /** exception payload is meant. */
    public static final int VCPUEVENT_VALID_PAYLOAD = 16;

    /** triple_fault is meant. */
    public static final int VCPUEVENT_VALID_TRIPLE_FAULT = 32;

    /** Interrupts are held off by MOV SS. */
    public static final int X86_SHADOW_INT_MOV_SS = 1;

    /** Interrupts are held off by STI. */
    public static final int X86_SHADOW_INT_STI = 2;

    /** The leaf has subleaves (the kernel's spelling). */
    public static final int CPUID_FLAG_SIGNIFCANT_INDEX = 1;

    /** Room in kvm_xcrs. */
    public static final int MAX_XCRS = 16;

    /** Bytes of kvm_lapic_state. */
    public static final int APIC_REG_SIZE = 0x400;

    /** Debugging is on. */
    public static final int GUESTDBG_ENABLE = 1;

    /** Exit after each instruction. */
    public static final int GUESTDBG_SINGLESTEP = 2;

    /** INT3 exits. */
    public static final int GUESTDBG_USE_SW_BP = 0x10000;

    /** DR0..DR3 are the VMM's. */
    public static final int GUESTDBG_USE_HW_BP = 0x20000;

    /** No interrupts while stepping. */
    public static final int GUESTDBG_BLOCKIRQ = 0x100000;

    // Interrupts

    /** Chip id of the first PIC. */
    public static final int IRQCHIP_PIC_MASTER = 0;

    /** Chip id of the second PIC. */
    public static final int IRQCHIP_PIC_SLAVE = 1;

    /** Chip id of the IOAPIC. */
    public static final int IRQCHIP_IOAPIC = 2;

    /** How many chips. */
    public static final int NR_IRQCHIPS = 3;

    /** Pins of the in-kernel IOAPIC. */
    public static final int IOAPIC_NUM_PINS = 24;

    /** KVM_CREATE_PIT2: port 0x61 is in the kernel too. */
    public static final int PIT_SPEAKER_DUMMY = 1;

    /** Takes the eventfd off the GSI. */
    public static final int IRQFD_FLAG_DEASSIGN = 1;

    /** Level-triggered, with a resample eventfd. */
    public static final int IRQFD_FLAG_RESAMPLE = 2;

    /** Only writes of one value. */
    public static final int IOEVENTFD_FLAG_DATAMATCH = 1;

    /** A port instead of a gpa. */
    public static final int IOEVENTFD_FLAG_PIO = 2;

    /** Takes the eventfd off. */
    public static final int IOEVENTFD_FLAG_DEASSIGN = 4;

    /** A pin of an in-kernel chip. */
    public static final int IRQ_ROUTING_IRQCHIP = 1;

    /** A message-signalled interrupt. */
    public static final int IRQ_ROUTING_MSI = 2;

    // Clock

    /** Out: kvmclock is the same function of the TSC on all vCPUs. */
    public static final int CLOCK_TSC_STABLE = 2;

    /** realtime is valid. */
    public static final int CLOCK_REALTIME = 4;

    /** host_tsc is valid. */
    public static final int CLOCK_HOST_TSC = 8;

    // Version

    /** The only API version there is. */
    public static final int API_VERSION = 12;

    private KvmFlag() {}
}
