package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.CacheMode;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Machines that go on from one instant of another. */
@RequiresKvm
@Timeout(120)
final class FrozenMachineTest {
    @TempDir Path folder;

    private static TestGuest running(MachineSpec spec) {
        TestGuest guest = new TestGuest(spec);
        guest.machine.start();
        return guest;
    }

    private TestGuest twin(FrozenMachine frozen, String name) throws IOException {
        Path own = Files.createDirectory(folder.resolve(name));
        TestGuest twin = new TestGuest(console -> frozen.twin(name, () -> own, console));
        twin.machine.start();
        return twin;
    }

    private static void answers(TestGuest guest, String text) {
        guest.send(text);
        guest.await(text);
    }

    @Test
    void manyGoOnFromAMachineThatIsGone() throws IOException {
        FrozenMachine frozen;
        try (TestGuest first = running(TestGuest.spec("echo", "8", 1, 32L << 20))) {
            first.await("echo ready");
            first.machine.pause();
            frozen = FrozenMachine.of(first.machine, () -> folder, () -> {});
        }
        List<TestGuest> twins = new ArrayList<>();
        try (frozen) {
            for (int i = 0; i < 4; i++) {
                twins.add(twin(frozen, "twin" + i));
            }
        }
        for (int i = 0; i < 4; i++) {
            answers(twins.get(i), "to " + i);
        }
        for (TestGuest twin : twins) {
            twin.send("\4");
            assertEquals(0, twin.status());
            assertTrue(twin.said().contains("echo: 5 bytes"), twin.said());
            twin.close();
        }
    }

    @Test
    void theFirstGoesOnAndTwinsOfATwinHaveWhatThatWrote() throws IOException {
        try (TestGuest first = running(TestGuest.spec("dirty", "50 8", 1, 64L << 20))) {
            first.await("rounds 1");
            Path files = Files.createDirectory(folder.resolve("frozen"));
            try (FrozenMachine frozen = FrozenMachine.of(first.machine, () -> files, () -> {});
                    TestGuest twin = twin(frozen, "twin")) {
                twin.await("\ntick ");
                try (FrozenMachine again = FrozenMachine.of(twin.machine, () -> files, () -> {});
                        TestGuest last = twin(again, "last")) {
                    for (TestGuest guest : List.of(last, twin, first)) {
                        guest.await("tick ", guest.saidLength());
                        guest.send("q");
                        assertEquals(0, guest.status(), guest.said());
                        assertTrue(guest.said().contains("dirty: ok"), guest.said());
                        assertFalse(guest.said().contains("LOST"), guest.said());
                    }
                }
            }
        }
    }

    @Test
    void eachHasItsOwnDisk() throws IOException {
        Path disk = Files.write(folder.resolve("disk"), new byte[1 << 20]);
        MachineSpec spec =
                TestGuest.spec("echo", "", 1, 32L << 20)
                        .withDisks(
                                List.of(
                                        DiskSpec.of(disk),
                                        new DiskSpec(
                                                Files.write(
                                                        folder.resolve("read"), new byte[1 << 20]),
                                                true,
                                                CacheMode.WRITEBACK,
                                                false,
                                                "read")));
        try (TestGuest first = running(spec)) {
            first.await("echo ready");
            Path files = Files.createDirectory(folder.resolve("frozen"));
            try (FrozenMachine frozen = FrozenMachine.of(first.machine, () -> files, () -> {})) {
                Files.write(disk, new byte[] {1});
                try (TestGuest one = twin(frozen, "one");
                        TestGuest two = twin(frozen, "two")) {
                    List<DiskSpec> ones = one.machine.spec().disks();
                    assertEquals(folder.resolve("one/disk-disk0"), ones.getFirst().path());
                    assertEquals(folder.resolve("read"), ones.getLast().path());
                    assertEquals(
                            folder.resolve("two/disk-disk0"),
                            two.machine.spec().disks().getFirst().path());
                    assertEquals(0, Files.readAllBytes(ones.getFirst().path())[0]);
                    answers(two, "x");
                }
            }
        }
    }
}
