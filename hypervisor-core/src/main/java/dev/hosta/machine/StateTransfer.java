package dev.hosta.machine;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.KvmVm;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.vcpu.VcpuState;
import dev.hosta.vcpu.VcpuThread;
import dev.hosta.vcpu.VirtualCpu;

import java.util.List;

/**
 * Takes all of a paused machine's state but its RAM out, and puts it into another machine.
 *
 * <p>The order follows the way of an interrupt, from a device by the interrupt controllers to the
 * local APIC of a vCPU: out along it, in against it. So one that is raised meanwhile, as by a power
 * button that somebody presses, reaches the other machine's vCPU once too often at worst. The other
 * way round it could be lost for good: the I/O APIC would wait for the end of an interrupt that no
 * local APIC has, or give one to a local APIC whose registers are overwritten next.
 *
 * <p>Threading: the control thread, while the machine stands still.
 */
final class StateTransfer {
    private StateTransfer() {}

    /** All that is in a paused machine. */
    static MachineState out(KvmVm vm, List<VcpuThread> vcpus, Board board) {
        List<DeviceState> devices = board.exportState();
        PlatformState.V1 platform = KvmPlatform.state(vm);
        List<VcpuState.V1> states =
                vcpus.stream().map(vcpu -> vcpu.ask(VirtualCpu::state)).toList();
        return new MachineState(platform, states, devices);
    }

    /**
     * Puts a state into a machine that has not run.
     *
     * @throws InvalidStateException where it is not of such a machine
     */
    static void in(KvmVm vm, List<VcpuThread> vcpus, Board board, MachineState state) {
        if (state.vcpus().size() != vcpus.size()) {
            throw new InvalidStateException(
                    "The state is of a machine with another number of vCPUs: state="
                            + state.vcpus().size()
                            + ", machine="
                            + vcpus.size());
        }
        KvmPlatform.setState(vm, state.platform());
        for (int i = 0; i < vcpus.size(); i++) {
            VcpuState.V1 vcpu = state.vcpus().get(i);
            vcpus.get(i)
                    .ask(
                            cpu -> {
                                cpu.setState(vcpu);
                                return null;
                            });
        }
        // They drive their interrupt lines as their state says, so all that listens is there.
        board.importState(state.devices());
        KvmPlatform.startTimer(vm, state.platform());
    }
}
