package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.SparseFile;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;
import dev.hosta.vcpu.VcpuState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/** Core files of running guests, as this test, readelf and gdb read them. */
@RequiresKvm
@Timeout(120)
final class CoreFileTest {
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;

    @TempDir Path folder;

    /** One program header. */
    private record Program(int type, long offset, long gpa, long fileBytes) {}

    private static ByteBuffer read(Path file, long offset, int bytes) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            channel.read(read, offset);
        }
        return read.flip();
    }

    private static List<Program> programs(Path core) throws IOException {
        ByteBuffer head = read(core, 0, 64);
        List<Program> programs = new ArrayList<>();
        for (int i = 0; i < head.getShort(56); i++) {
            ByteBuffer p = read(core, head.getLong(32) + 56L * i, 56);
            programs.add(new Program(p.getInt(0), p.getLong(8), p.getLong(24), p.getLong(32)));
        }
        return programs;
    }

    private static void runsOn(TestGuest guest) {
        int said = guest.saidLength();
        guest.send("hi\004");
        guest.await("hi", said);
        assertEquals(0, guest.status());
    }

    @Test
    void holdsRegistersAndMemoryOfTheInstant() throws IOException {
        Path core = folder.resolve("core");
        try (TestGuest guest = new TestGuest("echo", "", 2)) {
            guest.machine.start();
            guest.await("echo ready");
            guest.machine.pause();
            SaveReport report = CoreFile.write(guest.machine, core, SaveProgress.NONE);
            assertEquals(MachinePhase.PAUSED, guest.machine.phase());
            assertEquals(128L << 20, report.memoryBytes());
            List<Program> programs = programs(core);
            assertEquals(List.of(PT_NOTE, PT_LOAD), programs.stream().map(Program::type).toList());
            Program load = programs.getLast();
            assertEquals(new Program(PT_LOAD, load.offset(), 0, 128L << 20), load);
            assertEquals(0, load.offset() % 4096);
            long gpa = 0x10_0000;
            byte[] there =
                    guest.machine
                            .ram()
                            .area()
                            .segment()
                            .asSlice(gpa, 4096)
                            .toArray(ValueLayout.JAVA_BYTE);
            assertEquals(-1, Arrays.mismatch(there, read(core, load.offset() + gpa, 4096).array()));
            List<VcpuState.V1> vcpus = guest.machine.exportState().vcpus();
            for (int i = 0; i < 2; i++) {
                long note = programs.getFirst().offset() + (long) i * CoreNotes.BYTES_PER_VCPU;
                ByteBuffer prstatus = read(core, note + 20, 336);
                assertEquals(i + 1, prstatus.getInt(32));
                assertEquals(vcpus.get(i).regs().rip(), prstatus.getLong(112 + 16 * 8));
                assertEquals(vcpus.get(i).regs().rsp(), prstatus.getLong(112 + 19 * 8));
                ByteBuffer state = read(core, note + 20 + 336 + 20, 440);
                assertEquals(440, state.getInt(4));
                assertEquals(vcpus.get(i).sregs().cr3(), state.getLong(392 + 3 * 8));
                assertEquals(vcpus.get(i).sregs().idt().base(), state.getLong(152 + 9 * 24 + 16));
            }
            try (FileDescriptor file = FileDescriptor.open(core, FileDescriptor.O_RDONLY)) {
                long size = Files.size(core);
                assertTrue(SparseFile.nextHole(file, load.offset(), size) < size, "sparse");
            }
            guest.machine.resume();
            runsOn(guest);
        }
    }

    @Test
    void aRunningGuestRunsOnAndRamAboveTheHoleStandsWhereItIs() throws IOException {
        Path core = folder.resolve("core");
        try (TestGuest guest = new TestGuest(TestGuest.spec("echo", "", 1, 4L << 30))) {
            guest.machine.start();
            guest.await("echo ready");
            Files.writeString(core, "an earlier one");
            CoreFile.write(guest.machine, core, SaveProgress.NONE);
            List<Program> loads = programs(core).subList(1, 3);
            assertEquals(List.of(0L, 4L << 30), loads.stream().map(Program::gpa).toList());
            assertEquals(
                    List.of(3L << 30, 1L << 30), loads.stream().map(Program::fileBytes).toList());
            assertEquals(loads.getFirst().offset() + (3L << 30), loads.getLast().offset());
            assertEquals(loads.getFirst().offset() + (4L << 30), Files.size(core));
            runsOn(guest);
        }
    }

    @Test
    void readelfAndGdbUnderstandIt() throws Exception {
        Path core = folder.resolve("core");
        long rip;
        try (TestGuest guest = new TestGuest("echo", "", 2)) {
            guest.machine.start();
            guest.await("echo ready");
            guest.machine.pause();
            CoreFile.write(guest.machine, core, SaveProgress.NONE);
            rip = guest.machine.exportState().vcpus().getFirst().regs().rip();
        }
        String elf = run("readelf", "--file-header", "--segments", "--notes", core.toString());
        assertTrue(elf.contains("CORE (Core file)"), elf);
        assertTrue(elf.contains("NT_PRSTATUS"), elf);
        assertTrue(!elf.contains("Warning") && !elf.contains("rror"), elf);
        String image = TestGuest.image("echo").toString();
        String gdb =
                run(
                        "gdb",
                        "--batch",
                        "--nx",
                        "-ex",
                        "info threads",
                        "-ex",
                        "print/x $rip",
                        "-ex",
                        "x/2i $rip",
                        image,
                        core.toString());
        assertTrue(gdb.contains("$1 = 0x" + Long.toHexString(rip)), gdb);
        assertTrue(gdb.contains("LWP 2"), gdb);
        assertTrue(!gdb.contains("Cannot access memory"), gdb);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            System.out.println("Skipped: " + command[0] + " is not installed");
            assumeTrue(false, command[0] + " is not installed");
            throw e;
        }
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text;
    }

    @Test
    void whatFailsLeavesNothing() throws IOException {
        SaveProgress cancelled =
                new SaveProgress() {
                    @Override
                    public void report(Stage stage, long bytesDone, long bytesTotal) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        try (TestGuest guest = new TestGuest("echo", "", 1)) {
            guest.machine.start();
            guest.await("echo ready");
            assertThrows(
                    CancellationException.class,
                    () -> CoreFile.write(guest.machine, folder.resolve("core"), cancelled));
            SaveException refused =
                    assertThrows(
                            SaveException.class,
                            () -> CoreFile.write(guest.machine, folder, SaveProgress.NONE));
            assertTrue(refused.getMessage().contains("no file"), refused.getMessage());
            SaveException missing =
                    assertThrows(
                            SaveException.class,
                            () ->
                                    CoreFile.write(
                                            guest.machine,
                                            folder.resolve("no/core"),
                                            SaveProgress.NONE));
            assertTrue(missing.getMessage().contains("Cannot dump test to"), missing.getMessage());
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(List.of(), left.toList());
            }
            runsOn(guest);
        }
    }
}
