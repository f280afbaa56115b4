package dev.hosta.vcpu;

import dev.hosta.kvm.KvmRun;
import dev.hosta.kvm.abi.KvmExit;

/**
 * Turns {@code struct kvm_run} into a {@link VcpuExit}: one arm an exit reason.
 *
 * <p>Source: Documentation/virt/kvm/api.rst §5. Reasons of other architectures are unknown here.
 */
final class ExitDecoder {
    static final VcpuExit INTERRUPTED = new VcpuExit.Interrupted();

    private ExitDecoder() {}

    static VcpuExit decode(KvmRun run) {
        int reason = run.exitReason();
        return switch (reason) {
            case KvmExit.EXIT_IO -> portAccess(run);
            case KvmExit.EXIT_MMIO -> mmioAccess(run);
            case KvmExit.EXIT_INTR -> INTERRUPTED;
            case KvmExit.EXIT_HLT -> new VcpuExit.Halted();
            case KvmExit.EXIT_SHUTDOWN -> new VcpuExit.Shutdown();
            case KvmExit.EXIT_INTERNAL_ERROR ->
                    new VcpuExit.InternalError(run.internalSuberror(), run.internalData());
            case KvmExit.EXIT_FAIL_ENTRY ->
                    new VcpuExit.FailedEntry(run.failEntryReason(), run.failEntryCpu());
            case KvmExit.EXIT_EXCEPTION ->
                    new VcpuExit.GuestException(run.exceptionVector(), run.exceptionErrorCode());
            case KvmExit.EXIT_DEBUG ->
                    new VcpuExit.Debug(run.debugException(), run.debugPc(), run.debugDr6());
            case KvmExit.EXIT_HYPERCALL -> new VcpuExit.Hypercall(run.hypercallNumber());
            case KvmExit.EXIT_X86_RDMSR -> new VcpuExit.MsrRead(run.msrIndex());
            case KvmExit.EXIT_X86_WRMSR -> new VcpuExit.MsrWrite(run.msrIndex(), run.msrLoad());
            case KvmExit.EXIT_SYSTEM_EVENT -> new VcpuExit.SystemEvent(run.systemEventType());
            case KvmExit.EXIT_MEMORY_FAULT ->
                    new VcpuExit.MemoryFault(
                            run.memoryFaultGpa(),
                            run.memoryFaultSizeBytes(),
                            run.memoryFaultFlags());
            case KvmExit.EXIT_DIRTY_RING_FULL -> new VcpuExit.DirtyRingFull();
            case KvmExit.EXIT_IOAPIC_EOI -> new VcpuExit.IoapicEoi(run.ioapicEoiVector());
            case KvmExit.EXIT_IRQ_WINDOW_OPEN,
                    KvmExit.EXIT_SET_TPR,
                    KvmExit.EXIT_TPR_ACCESS,
                    KvmExit.EXIT_NMI,
                    KvmExit.EXIT_AP_RESET_HOLD,
                    KvmExit.EXIT_X86_BUS_LOCK,
                    KvmExit.EXIT_NOTIFY ->
                    new VcpuExit.Notice(reason);
            default -> new VcpuExit.Unknown(reason, run.unknownHardwareReason());
        };
    }

    private static VcpuExit portAccess(KvmRun run) {
        return run.ioIsOut()
                ? new VcpuExit.PortOut(run.ioPort(), run.ioSizeBytes(), run.ioCount(), run.ioData())
                : new VcpuExit.PortIn(run.ioPort(), run.ioSizeBytes(), run.ioCount(), run.ioData());
    }

    private static VcpuExit mmioAccess(KvmRun run) {
        return run.mmioIsWrite()
                ? new VcpuExit.MmioWrite(run.mmioGpa(), run.mmioLength(), run.mmioData())
                : new VcpuExit.MmioRead(run.mmioGpa(), run.mmioLength(), run.mmioData());
    }
}
