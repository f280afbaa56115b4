package dev.hosta.machine;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.memory.AddressTranslator;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.CrashReport;
import dev.hosta.vcpu.VcpuListener;
import dev.hosta.vcpu.VirtualCpu;

/**
 * Turns what vCPUs cannot answer into the end of the machine, with a report where the guest
 * crashed.
 *
 * <p>Threading: called on vCPU threads; the report is made on the crashed vCPU's own.
 */
final class CrashScene implements VcpuListener {
    private final GuestMemory memory;
    private final AddressTranslator translator;
    private final PagingLimits limits;
    private final MachineEnd end;

    CrashScene(GuestMemory memory, StageTwoMap map, PagingLimits limits, MachineEnd end) {
        this.memory = memory;
        this.translator = new AddressTranslator(map);
        this.limits = limits;
        this.end = end;
    }

    @Override
    public void crashed(int index, String reason, VirtualCpu cpu) {
        KvmSregs sregs = cpu.sregs();
        String report =
                CrashReport.of(index, cpu.regs(), sregs, memory, translator, limits.stateOf(sregs));
        end.decide(new MachineOutcome.Crashed(reason, report));
    }

    @Override
    public void guestShutdown(int index, boolean reset) {
        end.decide(
                reset
                        ? new MachineOutcome.ResetRequested("KVM system event")
                        : new MachineOutcome.PoweredOff());
    }

    @Override
    public void hostFailed(int index, RuntimeException cause) {
        end.hostFailed(cause);
    }
}
