package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.legacy.Uart16550State;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.vcpu.VcpuState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;

/** Taking a running guest's state out and putting it into another machine. */
@RequiresKvm
@Timeout(120)
class MachineStateTest {
    private static void copyRam(VirtualMachine from, VirtualMachine to) {
        to.ram().area().segment().copyFrom(from.ram().area().segment());
    }

    @Test
    void aGuestGoesOnInAnotherMachineWhereItStopped() {
        try (TestGuest source = new TestGuest("echo", "", 1);
                TestGuest target = new TestGuest("echo", "", 1)) {
            source.machine.start();
            source.await("echo ready");
            source.send("before ");
            source.await("before ");
            source.machine.pause();
            target.machine.importState(source.machine.exportState());
            copyRam(source.machine, target.machine);
            target.machine.start();
            target.send("after\004");
            assertEquals(0, target.status());
            assertTrue(target.said().startsWith("after"), target.said());
            // The guest's own count spans both machines: 7 bytes there, 6 here with Ctrl-D.
            assertTrue(target.said().contains("echo: 13 bytes"), target.said());
        }
    }

    @Test
    void anInterruptThatADeviceRaisesAsItTakesItsStateReachesAHaltedGuest() {
        try (TestGuest source = new TestGuest("echo", "", 1);
                TestGuest target = new TestGuest("echo", "", 1)) {
            source.machine.start();
            source.await("echo ready");
            target.machine.importState(withInput(haltedState(source), 4));
            copyRam(source.machine, target.machine);
            target.machine.start();
            assertEquals(0, target.status());
            assertTrue(target.said().contains("echo: 1 bytes"), target.said());
        }
    }

    /** Waits until the guest has halted, and pauses it there. */
    private static MachineState haltedState(TestGuest guest) {
        long deadline = System.nanoTime() + TestGuest.PATIENCE.toNanos();
        while (true) {
            guest.machine.pause();
            MachineState state = guest.machine.exportState();
            if (state.vcpus().getFirst().mpState() == KvmFlag.MP_STATE_HALTED) {
                return state;
            }
            assertTrue(System.nanoTime() < deadline, "The guest does not halt");
            guest.machine.resume();
        }
    }

    /** As if a character had arrived after the interrupt controllers were looked at. */
    private static MachineState withInput(MachineState state, int character) {
        List<DeviceState> devices = new ArrayList<>(state.devices());
        devices.replaceAll(
                device ->
                        device.payload() instanceof Uart16550State.V1 uart
                                ? new DeviceState(
                                        device.path(),
                                        device.kind(),
                                        device.version(),
                                        received(uart, character))
                                : device);
        return withDevices(state, devices);
    }

    private static Uart16550State.V1 received(Uart16550State.V1 uart, int character) {
        return new Uart16550State.V1(
                uart.divisor(),
                uart.interruptEnable(),
                uart.fifoControl(),
                uart.lineControl(),
                uart.modemControl(),
                uart.modemDeltas(),
                uart.scratch(),
                uart.overrun(),
                uart.transmitPending(),
                uart.polling(),
                uart.lineStatusRead(),
                List.of(character),
                uart.input());
    }

    @Test
    void aGuestThatChecksItsMemoryNoticesNothing() {
        try (TestGuest source = new TestGuest("dirty", "50 16", 2);
                TestGuest target = new TestGuest("dirty", "50 16", 2)) {
            source.machine.start();
            source.await("rounds 1");
            source.machine.pause();
            MachineState state = source.machine.exportState();
            target.machine.importState(state);
            copyRam(source.machine, target.machine);
            target.machine.start();
            target.await("tick ");
            target.send("q");
            assertEquals(0, target.status());
            assertTrue(!target.said().contains("LOST"), target.said());
        }
    }

    @Test
    void whatIsImportedComesOutAgain() {
        try (TestGuest source = new TestGuest("smp", "", 2);
                TestGuest target = new TestGuest("smp", "", 2)) {
            source.machine.start();
            source.end();
            source.machine.pause();
            MachineState state = source.machine.exportState();
            target.machine.importState(state);
            // without its memory the guest crashes where it goes on, which resets a vCPU of kvm_amd
            copyRam(source.machine, target.machine);
            target.machine.start();
            target.machine.pause();
            MachineState again = target.machine.exportState();
            for (int i = 0; i < 2; i++) {
                VcpuState.V1 was = state.vcpus().get(i);
                VcpuState.V1 is = again.vcpus().get(i);
                assertEquals(was.sregs().cr3(), is.sregs().cr3());
                assertEquals(was.xcrs(), is.xcrs());
                assertEquals(was.debugRegs(), is.debugRegs());
                assertEquals(was.tscKhz(), is.tscKhz());
                assertEquals(was.msrs().size(), is.msrs().size());
            }
            assertEquals(state.platform().ioapic(), again.platform().ioapic());
            assertEquals(state.devices().size(), again.devices().size());
        }
    }

    @Test
    void aPauseHoldsTheGuestAndAResumeLetsItGoOn() {
        try (TestGuest guest = new TestGuest("dirty", "0", 1)) {
            guest.machine.start();
            guest.await("\ntick ");
            for (int i = 0; i < 50; i++) {
                guest.machine.pause();
                int said = guest.saidLength();
                guest.machine.exportState();
                guest.machine.pause();
                assertEquals(said, guest.saidLength());
                guest.machine.resume();
                guest.machine.resume();
            }
            int said = guest.saidLength();
            guest.await("tick ", said);
        }
    }

    @Test
    void aStateOfAnotherMachineIsRefused() {
        try (TestGuest source = new TestGuest("spin", "", 1);
                TestGuest two = new TestGuest("spin", "", 2);
                TestGuest one = new TestGuest("spin", "", 1)) {
            source.machine.start();
            source.await("\n");
            source.machine.pause();
            MachineState state = source.machine.exportState();
            assertRefused(two, state, "number of vCPUs");
            List<DeviceState> fewer = state.devices().subList(1, state.devices().size());
            assertRefused(one, withDevices(state, fewer), "missing");
            List<DeviceState> more = new ArrayList<>(state.devices());
            DeviceState first = more.getFirst();
            more.add(new DeviceState("/devices/disk9", first.kind(), 1, first.payload()));
            assertRefused(one, withDevices(state, more), "/devices/disk9");
            List<DeviceState> mixed = new ArrayList<>(state.devices());
            mixed.set(
                    0,
                    new DeviceState(
                            first.path(), first.kind(), 1, state.devices().get(1).payload()));
            assertRefused(one, withDevices(state, mixed), "another kind");
        }
    }

    private static MachineState withDevices(MachineState state, List<DeviceState> devices) {
        return new MachineState(state.platform(), state.vcpus(), devices);
    }

    private static void assertRefused(TestGuest guest, MachineState state, String why) {
        InvalidStateException refused =
                assertThrows(InvalidStateException.class, () -> guest.machine.importState(state));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
    }

    @Test
    void stateIsOnlyTakenFromAPausedMachine() {
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            assertThrows(IllegalStateException.class, guest.machine::exportState);
            guest.machine.start();
            assertThrows(IllegalStateException.class, guest.machine::exportState);
        }
    }
}
