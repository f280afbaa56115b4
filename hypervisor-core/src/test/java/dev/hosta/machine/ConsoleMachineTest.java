package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.PortException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The life of a machine with virtio consoles and random bytes, on the real KVM. */
@RequiresKvm
@Timeout(120)
final class ConsoleMachineTest {
    @TempDir Path folder;

    private static MachineSpec spec(ConsoleSpec consoles) {
        MachineSpec bare = TestGuest.spec("hello", "", 1, 128L << 20);
        return new MachineSpec(
                bare.name(),
                bare.cpus(),
                bare.memory(),
                bare.boot(),
                List.of(),
                consoles,
                Optional.of(new RngSpec(OptionalLong.of(1 << 16))));
    }

    @Test
    void makesItsEndsAndTakesThemDown() {
        Path socket = folder.resolve("agent.sock");
        Path log = folder.resolve("log");
        ConsoleSpec consoles =
                new ConsoleSpec(
                        Optional.of(new PortTarget.Stdio()),
                        List.of(
                                new PortSpec("log", new PortTarget.ToFile(log)),
                                new PortSpec("agent", new PortTarget.Socket(socket))));
        try (TestGuest guest = new TestGuest(spec(consoles))) {
            assertTrue(Files.exists(socket));
            guest.machine.start();
            assertEquals(0, guest.status());
            var counters = guest.machine.counters();
            assertEquals(0, counters.get("/devices/console").get("to_guest_bytes"));
            assertEquals(0, counters.get("/devices/ports").get("control_messages"));
            assertEquals(0, counters.get("/devices/rng").get("requests"));
        }
        assertFalse(Files.exists(socket));
        assertTrue(Files.exists(log));
    }

    @Test
    void leavesNothingBehindWhereOneEndIsWrong() {
        Path socket = folder.resolve("agent.sock");
        ConsoleSpec consoles =
                new ConsoleSpec(
                        Optional.of(new PortTarget.Socket(socket)),
                        List.of(new PortSpec("log", new PortTarget.ToFile(folder))));
        assertThrows(PortException.class, () -> new TestGuest(spec(consoles)).close());
        assertFalse(Files.exists(socket));
    }
}
