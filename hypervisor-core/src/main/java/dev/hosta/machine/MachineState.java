package dev.hosta.machine;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.KvmClock;
import dev.hosta.vcpu.VcpuState;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * All of a paused machine but its RAM: what a snapshot or a migration carries.
 *
 * @param platform what KVM keeps for the whole machine
 * @param vcpus one a vCPU, in order
 * @param devices one a device that has state, each path once
 */
public record MachineState(
        PlatformState.V1 platform, List<VcpuState.V1> vcpus, List<DeviceState> devices) {
    /**
     * The state of one device.
     *
     * @param path where it stands: {@code "/devices/serial0"}
     * @param kind what it is, as its {@code StateType} says
     * @param version of the payload
     * @param payload the device's state record
     */
    public record DeviceState(String path, String kind, int version, Record payload) {}

    /** Copies the lists and checks that no path is there twice. */
    public MachineState {
        vcpus = List.copyOf(vcpus);
        devices = List.copyOf(devices);
        Set<String> paths = new HashSet<>();
        for (DeviceState device : devices) {
            if (!paths.add(device.path())) {
                throw new InvalidStateException(
                        "A device's state must be there once: path=" + device.path());
            }
        }
    }

    /** The same machine with another time on kvmclock. */
    public MachineState withClock(KvmClock clock) {
        PlatformState.V1 other =
                new PlatformState.V1(
                        platform.masterPic(),
                        platform.slavePic(),
                        platform.ioapic(),
                        platform.pit(),
                        clock);
        return new MachineState(other, vcpus, devices);
    }
}
