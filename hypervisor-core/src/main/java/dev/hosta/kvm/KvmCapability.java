package dev.hosta.kvm;

/**
 * What KVM may or may not offer, as {@link Kvm#check} and {@link KvmVm#check} ask for it.
 *
 * <p>Source: linux/kvm.h, {@code KVM_CAP_*}.
 */
public enum KvmCapability {
    /** In-kernel interrupt controllers. */
    IRQCHIP(0, "In-kernel interrupt controllers"),
    /** Guest memory from user space. */
    USER_MEMORY(3, "Guest memory from user space"),
    /** Real mode on Intel. */
    SET_TSS_ADDR(4, "Real mode on Intel"),
    /** KVM_GET_SUPPORTED_CPUID and KVM_SET_CPUID2. */
    EXT_CPUID(7, "KVM_GET_SUPPORTED_CPUID and KVM_SET_CPUID2"),
    /** Recommended most vCPUs of a VM. */
    NR_VCPUS(9, "Recommended most vCPUs of a VM"),
    /** Most memslots of a VM. */
    NR_MEMSLOTS(10, "Most memslots of a VM"),
    /** Run state of vCPUs, for SMP and snapshots. */
    MP_STATE(14, "Run state of vCPUs, for SMP and snapshots"),
    /** Changes of host mappings reach the guest. */
    SYNC_MMU(16, "Changes of host mappings reach the guest"),
    /** Breakpoints and single step. */
    SET_GUEST_DEBUG(23, "Breakpoints and single step"),
    /** GSI routing, for MSI. */
    IRQ_ROUTING(25, "GSI routing, for MSI"),
    /** Interrupts by eventfd. */
    IRQFD(32, "Interrupts by eventfd"),
    /** In-kernel timer chip. */
    PIT2(33, "In-kernel timer chip"),
    /** Snapshots of the timer chip. */
    PIT_STATE2(35, "Snapshots of the timer chip"),
    /** Device notifications by eventfd. */
    IOEVENTFD(36, "Device notifications by eventfd"),
    /** Real mode on Intel. */
    SET_IDENTITY_MAP_ADDR(37, "Real mode on Intel"),
    /** Snapshots of kvmclock. */
    ADJUST_CLOCK(39, "Snapshots of kvmclock"),
    /** Details of internal errors. */
    INTERNAL_ERROR_DATA(40, "Details of internal errors"),
    /** Snapshots of pending events. */
    VCPU_EVENTS(41, "Snapshots of pending events"),
    /** Snapshots of debug registers. */
    DEBUGREGS(50, "Snapshots of debug registers"),
    /** Snapshots of vector registers. */
    XSAVE(55, "Snapshots of vector registers"),
    /** Snapshots of extended control registers. */
    XCRS(56, "Snapshots of extended control registers"),
    /** Another TSC frequency than the host's. */
    TSC_CONTROL(60, "Another TSC frequency than the host's"),
    /** The TSC frequency. */
    GET_TSC_KHZ(61, "The TSC frequency"),
    /** Most vCPUs of a VM. */
    MAX_VCPUS(66, "Most vCPUs of a VM"),
    /** Local APIC deadline timer. */
    TSC_DEADLINE_TIMER(72, "Local APIC deadline timer"),
    /** Registers in the shared page. */
    SYNC_REGS(74, "Registers in the shared page"),
    /** Telling the guest of a pause. */
    KVMCLOCK_CTRL(76, "Telling the guest of a pause"),
    /** Message-signalled interrupts. */
    SIGNAL_MSI(77, "Message-signalled interrupts"),
    /** ROM. */
    READONLY_MEM(81, "ROM"),
    /** Level-triggered interrupts by eventfd. */
    IRQFD_RESAMPLE(82, "Level-triggered interrupts by eventfd"),
    /** Capabilities of one VM. */
    CHECK_EXTENSION_VM(105, "Capabilities of one VM"),
    /** System management mode. */
    X86_SMM(117, "System management mode"),
    /** Local APICs alone in the kernel. */
    SPLIT_IRQCHIP(121, "Local APICs alone in the kernel"),
    /** Eventfd for writes of any width. */
    IOEVENTFD_ANY_LENGTH(122, "Eventfd for writes of any width"),
    /** Highest vCPU id. */
    MAX_VCPU_ID(128, "Highest vCPU id"),
    /** Local APIC ids above 255. */
    X2APIC_API(129, "Local APIC ids above 255"),
    /** Leaving KVM_RUN without a race. */
    IMMEDIATE_EXIT(136, "Leaving KVM_RUN without a race"),
    /** HLT, PAUSE and MWAIT without exits. */
    X86_DISABLE_EXITS(143, "HLT, PAUSE and MWAIT without exits"),
    /** MSRs that describe features. */
    GET_MSR_FEATURES(153, "MSRs that describe features"),
    /** Snapshots of nested guests. */
    NESTED_STATE(157, "Snapshots of nested guests"),
    /** Whole snapshots of pending exceptions. */
    EXCEPTION_PAYLOAD(164, "Whole snapshots of pending exceptions"),
    /** Reading the dirty log without clearing it. */
    MANUAL_DIRTY_LOG_PROTECT2(168, "Reading the dirty log without clearing it"),
    /** Polling before a halted vCPU sleeps. */
    HALT_POLL(182, "Polling before a halted vCPU sleeps"),
    /** MSR accesses as exits. */
    X86_USER_SPACE_MSR(188, "MSR accesses as exits"),
    /** Choosing which MSRs exit. */
    X86_MSR_FILTER(189, "Choosing which MSRs exit"),
    /** Dirty pages as a ring. */
    DIRTY_LOG_RING(192, "Dirty pages as a ring"),
    /** Seeing bus locks. */
    X86_BUS_LOCK_EXIT(193, "Seeing bus locks"),
    /** Segment registers with PDPTRs. */
    SREGS2(200, "Segment registers with PDPTRs"),
    /** Seeing failed emulation in user mode. */
    EXIT_ON_EMULATION_FAILURE(204, "Seeing failed emulation in user mode"),
    /** Statistics of KVM. */
    BINARY_STATS_FD(203, "Statistics of KVM"),
    /** Width of guest physical addresses. */
    VM_GPA_BITS(207, "Width of guest physical addresses"),
    /** Size of the XSAVE area in bytes. */
    XSAVE2(208, "Size of the XSAVE area in bytes"),
    /** Attributes of the KVM device. */
    SYS_ATTRIBUTES(209, "Attributes of the KVM device"),
    /** TSC frequency of a whole VM. */
    VM_TSC_CONTROL(214, "TSC frequency of a whole VM"),
    /** Details of system events. */
    SYSTEM_EVENT_DATA(215, "Details of system events"),
    /** Snapshots of a pending triple fault. */
    X86_TRIPLE_FAULT_EVENT(218, "Snapshots of a pending triple fault"),
    /** Guests that open no event window. */
    X86_NOTIFY_VMEXIT(219, "Guests that open no event window"),
    /** Dirty ring with acquire and release. */
    DIRTY_LOG_RING_ACQ_REL(223, "Dirty ring with acquire and release");

    private final int number;
    private final String purpose;

    KvmCapability(int number, String purpose) {
        this.number = number;
        this.purpose = purpose;
    }

    /** The number in the kernel's header. */
    public int number() {
        return number;
    }

    /** What it is for, in a few words, for people. */
    public String purpose() {
        return purpose;
    }

    /** The name in the kernel's header, such as {@code KVM_CAP_IRQFD}. */
    public String cName() {
        return "KVM_CAP_" + name();
    }
}
