package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.transport.MmioTransportState;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.CacheMode;
import dev.hosta.linux.DiskException;
import dev.hosta.linux.RawDisk;
import dev.hosta.machine.MachineState.DeviceState;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The life of a machine with disks, on the real KVM. */
@RequiresKvm
@Timeout(120)
final class DiskMachineTest {
    @TempDir Path folder;
    private Path first;
    private Path second;

    @BeforeEach
    void makeFiles() throws IOException {
        first = Files.write(folder.resolve("first.img"), new byte[1 << 20]);
        second = Files.write(folder.resolve("second.img"), new byte[1 << 20]);
    }

    private static MachineSpec spec(String guest, Path... disks) {
        MachineSpec bare = TestGuest.spec(guest, "", 1, 128L << 20);
        List<DiskSpec> specs = List.of(disks).stream().map(DiskSpec::of).toList();
        return new MachineSpec(bare.name(), bare.cpus(), bare.memory(), bare.boot(), specs);
    }

    private static void isFree(Path disk) {
        RawDisk.open(disk, false, CacheMode.WRITEBACK, false, "free").close();
    }

    @Test
    void holdsItsDisksUntilItIsClosed() {
        try (TestGuest guest = new TestGuest(spec("hello", first, second))) {
            guest.machine.start();
            assertEquals(0, guest.status());
            assertThrows(DiskException.class, () -> isFree(first));
            assertThrows(DiskException.class, () -> isFree(second));
            var counters = guest.machine.counters();
            assertEquals(0, counters.get("/devices/disks/disk1").get("read_ops"));
            assertEquals(Map.of(), counters.get("/devices/serial0"));
        }
        isFree(first);
        isFree(second);
    }

    @Test
    void leavesNothingLockedWhereOneDiskIsWrong() {
        Path missing = folder.resolve("missing.img");
        assertThrows(
                DiskException.class, () -> new TestGuest(spec("hello", first, missing)).close());
        isFree(first);
    }

    @Test
    void stateOfDisksGoesFromMachineToMachine() {
        MachineState state;
        try (TestGuest source = new TestGuest(spec("echo", first))) {
            source.machine.start();
            source.await("echo ready");
            source.machine.pause();
            source.machine.resume();
            source.machine.pause();
            state = source.machine.exportState();
        }
        List<DeviceState> disks =
                state.devices().stream().filter(s -> s.path().contains("/disks/")).toList();
        assertEquals(1, disks.size());
        assertEquals("/devices/disks/disk0", disks.getFirst().path());
        assertTrue(disks.getFirst().payload() instanceof MmioTransportState.V1);
        try (TestGuest target = new TestGuest(spec("echo", first))) {
            target.machine.importState(state);
            target.machine.start();
            target.machine.pause();
            assertEquals(
                    disks,
                    target.machine.exportState().devices().stream()
                            .filter(s -> s.path().contains("/disks/"))
                            .toList());
        }
        try (TestGuest other = new TestGuest(spec("echo"))) {
            assertThrows(InvalidStateException.class, () -> other.machine.importState(state));
        }
    }

    @Test
    void diskNamesDoNotMeetThoseOfOtherDevices() {
        MachineSpec bare = spec("hello", first);
        DiskSpec disk = new DiskSpec(first, true, CacheMode.WRITEBACK, true, "serial0");
        MachineSpec named =
                new MachineSpec(
                        bare.name(), bare.cpus(), bare.memory(), bare.boot(), List.of(disk));
        try (TestGuest guest = new TestGuest(named)) {
            guest.machine.start();
            assertEquals(0, guest.status());
        }
    }
}
