package dev.hosta.vcpu;

import dev.hosta.device.state.StateBytes;
import dev.hosta.kvm.CpuidEntry;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmRun;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.kvm.KvmVcpu;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.ThreadKick;

import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * A vCPU that KVM runs.
 *
 * <p>Threading: as {@link VirtualCpu}. An interrupt sets a flag, then sends the thread a signal
 * that only KVM_RUN lets through; the signal stays pending until the thread takes it, so one that
 * comes before the entry ends the entry at once.
 */
public final class KvmVirtualCpu implements VirtualCpu {
    private final KvmVcpu vcpu;
    private final KvmRun run;
    private final ThreadKick kick;
    private final Supplier<int[]> msrIndices;

    /** Whether a signal may be pending; spares a system call an exit. */
    private volatile boolean interrupted;

    private KvmVirtualCpu(KvmVcpu vcpu, ThreadKick kick, Supplier<int[]> msrIndices) {
        this.vcpu = vcpu;
        this.run = vcpu.runArea();
        this.kick = kick;
        this.msrIndices = msrIndices;
    }

    /**
     * Creates vCPU {@code index} of a VM in its reset state, on the calling thread.
     *
     * @param index 0 up; also the APIC id
     * @param cpuid gives its CPUID table, once the TSC frequency in kHz is known
     * @param msrIndices gives the MSRs that make up its state; asked when a state is
     */
    public static KvmVirtualCpu create(
            KvmVm vm, int index, IntFunction<List<CpuidEntry>> cpuid, Supplier<int[]> msrIndices) {
        KvmVcpu vcpu = vm.createVcpu(index);
        try {
            vcpu.setCpuid(cpuid.apply(vcpu.tscKhz()));
            ThreadKick kick = ThreadKick.ofCurrentThread();
            try {
                vcpu.setSignalMask(kick.maskInsideRun());
                return new KvmVirtualCpu(vcpu, kick, msrIndices);
            } catch (RuntimeException e) {
                kick.close();
                throw e;
            }
        } catch (RuntimeException e) {
            vcpu.close();
            throw e;
        }
    }

    @Override
    public KvmRegs regs() {
        return vcpu.regs();
    }

    @Override
    public KvmSregs sregs() {
        return vcpu.sregs();
    }

    @Override
    public void setEntry(KvmRegs regs, KvmSregs sregs) {
        vcpu.setSregs(sregs);
        vcpu.setRegs(regs);
    }

    @Override
    public VcpuExit run() {
        return switch (vcpu.run()) {
            case EXITED -> ExitDecoder.decode(run);
            case INTERRUPTED -> {
                kick.drain();
                yield ExitDecoder.INTERRUPTED;
            }
            // A vCPU that waited for INIT or SIPI woke up: it has to be entered again.
            case AGAIN -> ExitDecoder.INTERRUPTED;
        };
    }

    @Override
    public VcpuExit settle() {
        run.setImmediateExit(true);
        try {
            return run();
        } finally {
            run.setImmediateExit(false);
        }
    }

    @Override
    public void reply(ExitAnswer answer) {
        switch (answer) {
            case ExitAnswer.RefuseMsr m -> run.msrFault();
            case ExitAnswer.HypercallResult h -> run.setHypercallResult(h.result());
            case ExitAnswer.Resume r -> {}
            case ExitAnswer.GuestShutdown s ->
                    throw new IllegalStateException("Not an answer for the guest: " + s);
            case ExitAnswer.Crash c ->
                    throw new IllegalStateException("Not an answer for the guest: " + c);
        }
    }

    @Override
    public void interrupt() {
        interrupted = true;
        kick.kick();
    }

    @Override
    public void clearInterrupt() {
        if (interrupted) {
            interrupted = false;
            kick.drain();
        }
    }

    @Override
    public int tscKhz() {
        return vcpu.tscKhz();
    }

    @Override
    public void injectNmi() {
        vcpu.nmi();
    }

    @Override
    public VcpuState.V1 state() {
        return new VcpuState.V1(
                vcpu.regs(),
                vcpu.sregs(),
                vcpu.debugRegs(),
                vcpu.xcrs(),
                StateBytes.copyOf(vcpu.xsave()),
                vcpu.msrs(msrIndices.get()),
                StateBytes.copyOf(vcpu.lapic()),
                vcpu.events(),
                vcpu.mpState(),
                vcpu.tscKhz());
    }

    /**
     * {@inheritDoc}
     *
     * <p>The order matters: the APIC base (in sregs) before the APIC, XCR0 before the area that it
     * selects, the APIC's timer mode before the TSC deadline among the MSRs, and events last, for
     * writing registers drops a pending exception.
     */
    @Override
    public void setState(VcpuState.V1 state) {
        if (state.tscKhz() != vcpu.tscKhz()) {
            vcpu.setTscKhz(state.tscKhz());
        }
        vcpu.setSregs(state.sregs());
        vcpu.setRegs(state.regs());
        vcpu.setXcrs(state.xcrs());
        vcpu.setXsave(state.xsave().toArray());
        vcpu.setDebugRegs(state.debugRegs());
        vcpu.setLapic(state.lapic().toArray());
        vcpu.setMsrs(state.msrs());
        vcpu.setMpState(state.mpState());
        vcpu.setEvents(state.events());
    }

    @Override
    public void close() {
        kick.close();
        vcpu.close();
    }
}
