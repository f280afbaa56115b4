package dev.hosta.machine;

import dev.hosta.device.memory.GuestMemory;
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
    /**
     * Width of guest physical addresses that reserved bits are judged by: the architecture's most,
     * for a report must not call a bit wrong that this CPU may allow.
     */
    private static final int MAX_PHY_ADDR_BITS = 52;

    private final GuestMemory memory;
    private final AddressTranslator translator;
    private final MachineEnd end;

    CrashScene(GuestMemory memory, StageTwoMap map, MachineEnd end) {
        this.memory = memory;
        this.translator = new AddressTranslator(map);
        this.end = end;
    }

    @Override
    public void crashed(int index, String reason, VirtualCpu cpu) {
        String report =
                CrashReport.of(
                        index, cpu.regs(), cpu.sregs(), memory, translator, MAX_PHY_ADDR_BITS);
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
