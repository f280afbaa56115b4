package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.boot.GenerationId;
import dev.hosta.boot.PhysicalLayout;
import dev.hosta.device.legacy.AcpiPowerState;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** When a guest is told that it may run twice, and when not. */
@RequiresKvm
@Timeout(120)
final class GenerationIdTest {
    private static final String POWER = "/devices/power";
    private static final int IOAPIC_IRR = 16; // struct kvm_ioapic_state
    private static final int SCI = 9;

    @TempDir Path folder;

    private Path form() {
        return folder.resolve("form");
    }

    private static TestGuest running() {
        TestGuest guest = new TestGuest(TestGuest.spec("echo", "", 1, 32L << 20));
        guest.machine.start();
        guest.await("echo ready");
        return guest;
    }

    private static TestGuest resumed(Path form) {
        return new TestGuest(
                console ->
                        SavedForm.read(form)
                                .restore(Overrides.NONE, console, RestoreOptions.CHECKED));
    }

    private static String idOf(TestGuest guest) {
        byte[] id =
                guest.machine
                        .ram()
                        .area()
                        .segment()
                        .asSlice(PhysicalLayout.GENERATION_ID_GPA, GenerationId.SIZE_BYTES)
                        .toArray(ValueLayout.JAVA_BYTE);
        return HexFormat.of().formatHex(id);
    }

    private static AcpiPowerState.V2 power(MachineState state) {
        return state.devices().stream()
                .filter(device -> device.path().equals(POWER))
                .map(device -> (AcpiPowerState.V2) device.payload())
                .findFirst()
                .orElseThrow();
    }

    private static boolean isTold(TestGuest guest) {
        int status = power(guest.machine.exportState()).eventStatus();
        return (status & 1 << GenerationId.EVENT) != 0;
    }

    private void save(TestGuest guest, SaveOptions options) {
        SavedForm.write(guest.machine, form(), options, SaveProgress.NONE);
    }

    @Test
    void eachBootHasItsOwn() {
        try (TestGuest one = running();
                TestGuest two = running()) {
            assertNotEquals(idOf(one), idOf(two));
            assertNotEquals("00".repeat(16), idOf(one));
        }
    }

    @Test
    void theFirstResumeOfASuspendedGuestKeepsItAndTheNextDoesNot() throws IOException {
        String id;
        try (TestGuest guest = running()) {
            id = idOf(guest);
            save(guest, SaveOptions.SUSPEND);
        }
        assertTrue(Files.exists(form().resolve(UnresumedMark.NAME)));
        try (TestGuest first = resumed(form())) {
            assertEquals(id, idOf(first));
            assertFalse(isTold(first));
        }
        assertFalse(Files.exists(form().resolve(UnresumedMark.NAME)));
        String second;
        try (TestGuest guest = resumed(form())) {
            second = idOf(guest);
            assertNotEquals(id, second);
            assertTrue(isTold(guest));
            guest.machine.resume();
            guest.send("hi\004");
            assertEquals(0, guest.status());
        }
        try (TestGuest third = resumed(form())) {
            assertNotEquals(id, idOf(third));
            assertNotEquals(second, idOf(third));
        }
    }

    @Test
    void aMarkOfAnotherSaveIsNone() throws IOException {
        String id;
        try (TestGuest guest = running()) {
            id = idOf(guest);
            save(guest, SaveOptions.SUSPEND);
        }
        Files.write(form().resolve(UnresumedMark.NAME), UnresumedMark.bytes("0".repeat(32)));
        try (TestGuest guest = resumed(form())) {
            assertNotEquals(id, idOf(guest));
        }
    }

    @Test
    void whatASnapshotOrAForkBecomesIsAnother() {
        try (TestGuest guest = running()) {
            String id = idOf(guest);
            save(guest, SaveOptions.SNAPSHOT);
            try (TestGuest twin = resumed(form())) {
                assertNotEquals(id, idOf(twin));
                assertTrue(isTold(twin));
            }
            Path fork = folder.resolve("fork");
            try (ForkSource source =
                            ForkSource.open(guest.machine, fork, Set.of(), Optional.empty());
                    TestGuest twin = resumed(fork)) {
                assertTrue(source.pauseNanos() > 0);
                assertNotEquals(id, idOf(twin));
                assertTrue(isTold(twin));
            }
            assertEquals(id, idOf(guest));
            guest.machine.pause();
            assertFalse(isTold(guest));
        }
    }

    @Test
    void theInterruptReachesAGuestThatListens() {
        try (TestGuest guest = running();
                TestGuest listener = new TestGuest("echo", "", 1)) {
            guest.machine.pause();
            MachineState state = guest.machine.exportState();
            AcpiPowerState.V2 was = power(state);
            List<DeviceState> devices =
                    state.devices().stream()
                            .map(device -> device.path().equals(POWER) ? enabled(device) : device)
                            .toList();
            listener.machine.importState(
                    new MachineState(state.platform(), state.vcpus(), devices));
            listener.machine.start();
            listener.machine.pause();
            assertEquals(0, was.eventEnable());
            assertFalse(sciIsHigh(listener));
            listener.machine.renewGenerationId();
            assertTrue(sciIsHigh(listener));
        }
    }

    private static DeviceState enabled(DeviceState device) {
        AcpiPowerState.V2 was = (AcpiPowerState.V2) device.payload();
        return new DeviceState(
                device.path(),
                device.kind(),
                device.version(),
                new AcpiPowerState.V2(
                        was.status(),
                        was.enable(),
                        was.control(),
                        was.timerNanos(),
                        0,
                        1 << GenerationId.EVENT));
    }

    private static boolean sciIsHigh(TestGuest guest) {
        byte[] ioapic = guest.machine.exportState().platform().ioapic().toArray();
        int irr = ByteBuffer.wrap(ioapic).order(ByteOrder.LITTLE_ENDIAN).getInt(IOAPIC_IRR);
        return (irr & 1 << SCI) != 0;
    }
}
