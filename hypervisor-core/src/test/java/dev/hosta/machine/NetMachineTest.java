package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.virtio.net.NetState;
import dev.hosta.device.virtio.transport.MmioTransportState;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.NetException;
import dev.hosta.linux.SocketNet;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.machine.NetSpec.Carrier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The life of a machine with networks, on the real KVM. */
@RequiresKvm
@Timeout(120)
final class NetMachineTest {
    @TempDir Path folder;

    private MachineSpec spec(String guest, String... sockets) {
        MachineSpec bare = TestGuest.spec(guest, "", 1, 128L << 20);
        List<NetSpec> nets =
                List.of(sockets).stream()
                        .map(name -> NetSpec.of(new Carrier.Socket(folder.resolve(name))))
                        .toList();
        return new MachineSpec(
                bare.name(),
                bare.cpus(),
                bare.memory(),
                bare.boot(),
                List.of(),
                nets,
                ConsoleSpec.NONE,
                Optional.empty());
    }

    @Test
    void holdsItsNetworksUntilItIsClosed() {
        try (TestGuest guest = new TestGuest(spec("hello", "a", "b"))) {
            guest.machine.start();
            assertEquals(0, guest.status());
            assertTrue(Files.exists(folder.resolve("a")) && Files.exists(folder.resolve("b")));
        }
        assertFalse(Files.exists(folder.resolve("a")) || Files.exists(folder.resolve("b")));
    }

    @Test
    void leavesNothingWhereOneNetworkIsWrong() {
        assertThrows(NetException.class, () -> new TestGuest(spec("hello", "a", "no/b")).close());
        assertFalse(Files.exists(folder.resolve("a")));
        SocketNet.open(folder.resolve("a")).close();
    }

    @Test
    void stateOfNetworksGoesFromMachineToMachine() {
        MachineState state;
        try (TestGuest source = new TestGuest(spec("echo", "a"))) {
            source.machine.start();
            source.await("echo ready");
            source.machine.pause();
            state = source.machine.exportState();
        }
        List<DeviceState> nets = nets(state);
        assertEquals(
                List.of("/devices/nets/net0", "/devices/nets/net0/device"),
                nets.stream().map(DeviceState::path).toList());
        assertTrue(nets.getFirst().payload() instanceof MmioTransportState.V1);
        assertTrue(nets.getLast().payload() instanceof NetState.V1);
        try (TestGuest target = new TestGuest(spec("echo", "a"))) {
            target.machine.importState(state);
            target.machine.start();
            target.machine.pause();
            assertEquals(nets, nets(target.machine.exportState()));
        }
    }

    private static List<DeviceState> nets(MachineState state) {
        return state.devices().stream().filter(s -> s.path().contains("/nets/")).toList();
    }
}
