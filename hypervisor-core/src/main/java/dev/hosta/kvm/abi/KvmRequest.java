package dev.hosta.kvm.abi;

/**
 * The ioctl requests of {@code /dev/kvm}, VM and vCPU file descriptors.
 *
 * <p>A request number is built as {@code asm-generic/ioctl.h} does: bits 0..7 number, 8..15 type
 * (0xae), 16..29 size of the argument, 30..31 direction. The size comes from the struct's layout,
 * so that a wrong layout gives ENOTTY instead of a torn struct. The same number and type may stand
 * for two requests that differ in size or direction.
 *
 * <p>Source: linux/kvm.h.
 */
public enum KvmRequest {
    /** The KVM API version, always 12. System. */
    GET_API_VERSION(KvmRequest.NONE, 0x00, 0),
    /** A new VM file descriptor. System. */
    CREATE_VM(KvmRequest.NONE, 0x01, 0),
    /** The MSRs that a guest has and the VMM saves. System. */
    GET_MSR_INDEX_LIST(KvmRequest.BOTH, 0x02, MsrListLayout.SIZE),
    /** Whether, or how much of, a capability is there. System and VM. */
    CHECK_EXTENSION(KvmRequest.NONE, 0x03, 0),
    /** Bytes to map of a vCPU file descriptor. System. */
    GET_VCPU_MMAP_SIZE(KvmRequest.NONE, 0x04, 0),
    /** The CPUID leaves that KVM can give a guest. System. */
    GET_SUPPORTED_CPUID(KvmRequest.BOTH, 0x05, Cpuid2Layout.SIZE),
    /** A new vCPU file descriptor. VM. */
    CREATE_VCPU(KvmRequest.NONE, 0x41, 0),
    /** The dirty bitmap of one slot. VM. */
    GET_DIRTY_LOG(KvmRequest.WRITE, 0x42, DirtyLogLayout.SIZE),
    /** Adds, changes or deletes one memslot. VM. */
    SET_USER_MEMORY_REGION(KvmRequest.WRITE, 0x46, UserspaceMemoryRegionLayout.SIZE),
    /** Three pages of gpa for Intel real mode. VM. */
    SET_TSS_ADDR(KvmRequest.NONE, 0x47, 0),
    /** One page of gpa for Intel real mode. VM. */
    SET_IDENTITY_MAP_ADDR(KvmRequest.WRITE, 0x48, 8),
    /** PIC, IOAPIC and local APICs in the kernel. VM. */
    CREATE_IRQCHIP(KvmRequest.NONE, 0x60, 0),
    /** Drives one GSI. VM. */
    IRQ_LINE(KvmRequest.WRITE, 0x61, IrqLevelLayout.SIZE),
    /** Reads one interrupt controller. VM. */
    GET_IRQCHIP(KvmRequest.BOTH, 0x62, IrqchipLayout.SIZE),
    /** Writes one interrupt controller. VM. */
    SET_IRQCHIP(KvmRequest.READ, 0x63, IrqchipLayout.SIZE),
    /** Replaces the GSI routing table. VM. */
    SET_GSI_ROUTING(KvmRequest.WRITE, 0x6a, IrqRoutingLayout.SIZE),
    /** Ties an eventfd to a GSI. VM. */
    IRQFD(KvmRequest.WRITE, 0x76, IrqfdLayout.SIZE),
    /** The PIT in the kernel. VM. */
    CREATE_PIT2(KvmRequest.WRITE, 0x77, PitConfigLayout.SIZE),
    /** Ties an eventfd to a guest address. VM. */
    IOEVENTFD(KvmRequest.WRITE, 0x79, IoeventfdLayout.SIZE),
    /** Sets kvmclock. VM. */
    SET_CLOCK(KvmRequest.WRITE, 0x7b, ClockDataLayout.SIZE),
    /** Reads kvmclock. VM. */
    GET_CLOCK(KvmRequest.READ, 0x7c, ClockDataLayout.SIZE),
    /** Runs the guest until an exit. vCPU. */
    RUN(KvmRequest.NONE, 0x80, 0),
    /** Reads the general registers. vCPU. */
    GET_REGS(KvmRequest.READ, 0x81, RegsLayout.SIZE),
    /** Writes the general registers. vCPU. */
    SET_REGS(KvmRequest.WRITE, 0x82, RegsLayout.SIZE),
    /** Reads segment and control registers. vCPU. */
    GET_SREGS(KvmRequest.READ, 0x83, SregsLayout.SIZE),
    /** Writes segment and control registers. vCPU. */
    SET_SREGS(KvmRequest.WRITE, 0x84, SregsLayout.SIZE),
    /** Translates a gva. vCPU. */
    TRANSLATE(KvmRequest.BOTH, 0x85, TranslationLayout.SIZE),
    /** Reads MSRs until one fails. vCPU. */
    GET_MSRS(KvmRequest.BOTH, 0x88, MsrsLayout.SIZE),
    /** Writes MSRs until one fails. vCPU. */
    SET_MSRS(KvmRequest.WRITE, 0x89, MsrsLayout.SIZE),
    /** The signal mask inside KVM_RUN. vCPU. */
    SET_SIGNAL_MASK(KvmRequest.WRITE, 0x8b, SignalMaskLayout.SIZE),
    /** Reads the local APIC. vCPU. */
    GET_LAPIC(KvmRequest.READ, 0x8e, LapicStateLayout.SIZE),
    /** Writes the local APIC. vCPU. */
    SET_LAPIC(KvmRequest.WRITE, 0x8f, LapicStateLayout.SIZE),
    /** Sets the CPUID table. vCPU. */
    SET_CPUID2(KvmRequest.WRITE, 0x90, Cpuid2Layout.SIZE),
    /** Reads the CPUID table. vCPU. */
    GET_CPUID2(KvmRequest.BOTH, 0x91, Cpuid2Layout.SIZE),
    /** Reads the run state. vCPU. */
    GET_MP_STATE(KvmRequest.READ, 0x98, MpStateLayout.SIZE),
    /** Writes the run state. vCPU. */
    SET_MP_STATE(KvmRequest.WRITE, 0x99, MpStateLayout.SIZE),
    /** Queues an NMI. vCPU. */
    NMI(KvmRequest.NONE, 0x9a, 0),
    /** Single step and breakpoints. vCPU. */
    SET_GUEST_DEBUG(KvmRequest.WRITE, 0x9b, GuestDebugLayout.SIZE),
    /** Reads the PIT. VM. */
    GET_PIT2(KvmRequest.READ, 0x9f, PitState2Layout.SIZE),
    /** Reads pending events. vCPU. */
    GET_VCPU_EVENTS(KvmRequest.READ, 0x9f, VcpuEventsLayout.SIZE),
    /** Writes the PIT. VM. */
    SET_PIT2(KvmRequest.WRITE, 0xa0, PitState2Layout.SIZE),
    /** Writes pending events. vCPU. */
    SET_VCPU_EVENTS(KvmRequest.WRITE, 0xa0, VcpuEventsLayout.SIZE),
    /** Reads the debug registers. vCPU. */
    GET_DEBUGREGS(KvmRequest.READ, 0xa1, DebugregsLayout.SIZE),
    /** Writes the debug registers. vCPU. */
    SET_DEBUGREGS(KvmRequest.WRITE, 0xa2, DebugregsLayout.SIZE),
    /** Sets the TSC frequency. vCPU. */
    SET_TSC_KHZ(KvmRequest.NONE, 0xa2, 0),
    /** Reads the TSC frequency. vCPU. */
    GET_TSC_KHZ(KvmRequest.NONE, 0xa3, 0),
    /** Turns a capability on. VM and vCPU. */
    ENABLE_CAP(KvmRequest.WRITE, 0xa3, EnableCapLayout.SIZE),
    /** Reads the first 4096 bytes of the XSAVE area. vCPU. */
    GET_XSAVE(KvmRequest.READ, 0xa4, XsaveLayout.SIZE),
    /** Writes the XSAVE area, whatever its size. vCPU. */
    SET_XSAVE(KvmRequest.WRITE, 0xa5, XsaveLayout.SIZE),
    /** Raises one message-signalled interrupt. VM. */
    SIGNAL_MSI(KvmRequest.WRITE, 0xa5, MsiLayout.SIZE),
    /** Reads the extended control registers. vCPU. */
    GET_XCRS(KvmRequest.READ, 0xa6, XcrsLayout.SIZE),
    /** Writes the extended control registers. vCPU. */
    SET_XCRS(KvmRequest.WRITE, 0xa7, XcrsLayout.SIZE),
    /** Tells the guest that it was paused. vCPU. */
    KVMCLOCK_CTRL(KvmRequest.NONE, 0xad, 0),
    /** Write-protects dirty pages again. VM. */
    CLEAR_DIRTY_LOG(KvmRequest.BOTH, 0xc0, ClearDirtyLogLayout.SIZE),
    /** Takes back collected dirty ring entries. VM. */
    RESET_DIRTY_RINGS(KvmRequest.NONE, 0xc7, 0),
    /** Reads the whole XSAVE area. vCPU. */
    GET_XSAVE2(KvmRequest.READ, 0xcf, XsaveLayout.SIZE);

    /** {@code KVMIO}: the ioctl type of all KVM requests. */
    public static final int KVMIO = 0xae;

    private static final int NONE = 0;
    private static final int WRITE = 1;
    private static final int READ = 2;
    private static final int BOTH = 3;

    private final long number;

    KvmRequest(int direction, int nr, int sizeBytes) {
        this.number = (long) direction << 30 | (long) sizeBytes << 16 | 0xae << 8 | nr;
    }

    /** The request number as {@code ioctl(2)} takes it, 0..2^32-1. */
    public long number() {
        return number;
    }

    /** The name in the kernel's header, such as {@code KVM_CREATE_VM}. */
    public String cName() {
        return "KVM_" + name();
    }
}
