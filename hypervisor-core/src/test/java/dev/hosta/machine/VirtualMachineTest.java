package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.memory.AddressTranslation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

@RequiresKvm
@Timeout(120)
class VirtualMachineTest {
    private static MachineOutcome run(TestGuest guest) {
        guest.machine.start();
        return guest.end();
    }

    private static int runToStatus(TestGuest guest) {
        guest.machine.start();
        return guest.status();
    }

    @Test
    void helloSaysWhatItSeesFromBothRingsAndPowersOff() {
        try (TestGuest guest = new TestGuest("hello", "one two", 2)) {
            assertEquals(0, runToStatus(guest));
            String said = guest.said();
            assertTrue(said.contains("2"), said);
            assertTrue(said.contains("KVMKVMKVM"), said);
            assertTrue(said.contains("one two"), said);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 255})
    void aStatusIsTheGuestsOwn(int status) {
        try (TestGuest guest = new TestGuest("status", "" + status, 1)) {
            assertEquals(status, runToStatus(guest));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void everyVcpuReports(int cpus) {
        try (TestGuest guest = new TestGuest("smp", "", cpus)) {
            assertEquals(0, runToStatus(guest), guest::said);
            for (int i = 0; i < cpus; i++) {
                assertTrue(guest.said().contains("cpu " + i + ": apic id " + i), guest.said());
            }
        }
    }

    @Test
    void theEchoComesBackByInterrupts() {
        try (TestGuest guest = new TestGuest("echo", "", 1)) {
            guest.machine.start();
            guest.await("echo ready");
            guest.send("hello there\n");
            guest.await("hello there", guest.said().indexOf("echo ready"));
            guest.send("\004");
            assertEquals(0, guest.status(), guest::said);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"triple", "triple0", "paging"})
    void aTripleFaultIsACrashWithItsScene(String how) {
        MachineOutcome.Crashed crash = crash(how);
        assertEquals("triple fault", crash.reason());
        assertTrue(crash.report().contains("rip "), crash.report());
        assertTrue(crash.report().contains("code  "), crash.report());
        assertTrue(crash.report().contains("walk of rip"), crash.report());
    }

    @Test
    void whatKvmCannotEmulateIsACrashWithItsScene() {
        MachineOutcome.Crashed crash = crash("invalid");
        assertTrue(crash.reason().startsWith("KVM internal error"), crash.reason());
        assertTrue(crash.report().contains("??"), crash.report());
    }

    private static MachineOutcome.Crashed crash(String how) {
        try (TestGuest guest = new TestGuest("crash", how, 1)) {
            return assertInstanceOf(MachineOutcome.Crashed.class, run(guest), guest::said);
        }
    }

    @Test
    void openBusReadsAllOnes() {
        try (TestGuest guest = new TestGuest("openbus", "", 1)) {
            assertEquals(0, runToStatus(guest), guest::said);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"i8042", "cf9"})
    void aResetNamesItsPort(String how) {
        try (TestGuest guest = new TestGuest("end", how, 1)) {
            assertInstanceOf(MachineOutcome.ResetRequested.class, run(guest), guest::said);
        }
    }

    @Test
    void theDebugExitPortMeansWhatItMeansInQemu() {
        try (TestGuest guest = new TestGuest("end", "debug 16", 1)) {
            assertEquals(33, runToStatus(guest), guest::said);
        }
    }

    @Test
    void aSpinningGuestIsStoppedFromOutside() {
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            guest.await("\n");
            assertEquals(Optional.empty(), guest.machine.awaitEnd(Duration.ofMillis(50)));
            guest.machine.requestStop();
            assertInstanceOf(MachineOutcome.Stopped.class, guest.end());
        }
    }

    @Test
    void anAddressOfARunningGuestIsFollowedThroughBothStages() {
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            guest.await("\n");
            var mapped =
                    assertInstanceOf(
                            AddressTranslation.Mapped.class,
                            guest.machine.look().translate(0, 0x10_0123),
                            guest::said);
            assertEquals(0x10_0123, mapped.stageOne().gpa());
            assertTrue(mapped.toText().contains("guest RAM + 0x100123"), mapped.toText());
            assertInstanceOf(
                    AddressTranslation.StageOneFault.class,
                    guest.machine.look().translate(0, 0x7fff_ffff_f000L));
        }
    }

    private static int runFlat(Path image, long gpa, int... code) throws IOException {
        byte[] bytes = new byte[code.length];
        for (int i = 0; i < code.length; i++) {
            bytes[i] = (byte) code[i];
        }
        Files.write(image, bytes);
        BootSpec boot = new BootSpec(image, Optional.empty(), "", OptionalLong.of(gpa));
        MachineSpec spec = new MachineSpec("flat", 1, MemorySpec.ofBytes(4L << 20), boot);
        try (TestGuest guest = new TestGuest(spec)) {
            return runToStatus(guest);
        }
    }

    @Test
    void aFlatBinaryBelowOneMebibyteStartsInRealMode(@TempDir Path folder) throws IOException {
        int status =
                runFlat(
                        folder.resolve("flat"),
                        0x7c00,
                        0xb0,
                        0x07, // mov al, 7
                        0xba,
                        0xf4,
                        0x05, // mov dx, 0x5f4
                        0xee, // out dx, al
                        0xf4); // hlt
        assertEquals(7, status);
    }

    @Test
    void aFlatBinaryFromOneMebibyteStartsInLongMode(@TempDir Path folder) throws IOException {
        int status =
                runFlat(
                        folder.resolve("flat"),
                        0x10_0000,
                        0x48,
                        0x31,
                        0xc0, // xor rax, rax (real mode: dec ax; xor ax, ax)
                        0xb0,
                        0x09, // mov al, 9
                        0x66,
                        0xba,
                        0xf4,
                        0x05, // mov dx, 0x5f4
                        0xee, // out dx, al
                        0xf4); // hlt
        assertEquals(9, status);
    }

    @Test
    void aClosedMachineStaysClosed() {
        TestGuest guest = new TestGuest("spin", "", 1);
        guest.machine.start();
        guest.close();
        guest.close();
        assertEquals(MachinePhase.CLOSED, guest.machine.phase());
        assertThrows(IllegalStateException.class, guest.machine::start);
    }

    @Test
    void anNmiReachesTheGuest() {
        try (TestGuest guest = new TestGuest("echo", "", 1)) {
            guest.machine.start();
            guest.await("echo ready");
            guest.machine.injectNmi();
            guest.await("guest: exception 2 ");
            guest.end();
        }
    }

    @Test
    void anNmiOfAPausedGuestArrivesWhenItRunsOn() {
        try (TestGuest guest = new TestGuest("echo", "", 1)) {
            guest.machine.start();
            guest.await("echo ready");
            guest.machine.pause();
            guest.machine.injectNmi();
            assertTrue(!guest.said().contains("exception"), guest.said());
            guest.machine.resume();
            guest.await("guest: exception 2 ");
            guest.end();
        }
    }
}
