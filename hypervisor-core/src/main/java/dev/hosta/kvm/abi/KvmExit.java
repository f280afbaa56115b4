package dev.hosta.kvm.abi;

/** Values of {@link RunLayout#EXIT_REASON} that x86 gives: why KVM_RUN came back. */
public final class KvmExit {
    // KVM_EXIT_*

    /** The hardware gave a reason that KVM does not know. */
    public static final int EXIT_UNKNOWN = 0;

    /** Not given by today's x86 KVM. */
    public static final int EXIT_EXCEPTION = 1;

    /** IN, OUT, INS or OUTS. */
    public static final int EXIT_IO = 2;

    /** VMCALL that the VMM asked to see. */
    public static final int EXIT_HYPERCALL = 3;

    /** A breakpoint or single step that the VMM asked for. */
    public static final int EXIT_DEBUG = 4;

    /** HLT without an in-kernel APIC. */
    public static final int EXIT_HLT = 5;

    /** An access to a gpa without a memslot, or a write to a read-only one. */
    public static final int EXIT_MMIO = 6;

    /** The guest can take an interrupt now; asked by request_interrupt_window. */
    public static final int EXIT_IRQ_WINDOW_OPEN = 7;

    /** Triple fault. */
    public static final int EXIT_SHUTDOWN = 8;

    /** The hardware refused the guest's state. */
    public static final int EXIT_FAIL_ENTRY = 9;

    /** A signal is pending; the call returns EINTR. */
    public static final int EXIT_INTR = 10;

    /** CR8 fell, without an in-kernel APIC. */
    public static final int EXIT_SET_TPR = 11;

    /** TPR access that the VMM asked to see. */
    public static final int EXIT_TPR_ACCESS = 12;

    /** Not given by today's x86 KVM. */
    public static final int EXIT_NMI = 16;

    /** KVM itself could not go on. */
    public static final int EXIT_INTERNAL_ERROR = 17;

    /** The guest asked for shutdown or reset by a paravirtual call. */
    public static final int EXIT_SYSTEM_EVENT = 24;

    /** EOI for a user-space IOAPIC. */
    public static final int EXIT_IOAPIC_EOI = 26;

    /** Hyper-V synthetic interrupt controller or hypercall. */
    public static final int EXIT_HYPERV = 27;

    /** RDMSR that the VMM asked to see. */
    public static final int EXIT_X86_RDMSR = 29;

    /** WRMSR that the VMM asked to see. */
    public static final int EXIT_X86_WRMSR = 30;

    /** The dirty ring must be collected before the vCPU goes on. */
    public static final int EXIT_DIRTY_RING_FULL = 31;

    /** An encrypted guest's AP waits for its start-up. */
    public static final int EXIT_AP_RESET_HOLD = 32;

    /** A bus lock that the VMM asked to see. */
    public static final int EXIT_X86_BUS_LOCK = 33;

    /** Xen hypercall. */
    public static final int EXIT_XEN = 34;

    /** The guest opened no event window for too long. */
    public static final int EXIT_NOTIFY = 37;

    /** A page that KVM cannot map. Since Linux 6.8. */
    public static final int EXIT_MEMORY_FAULT = 39;

    private KvmExit() {}
}
