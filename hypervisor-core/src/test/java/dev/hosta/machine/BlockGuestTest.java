package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.CacheMode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;

/** Disks as a guest's driver in ring 3 drives them, on the real KVM. */
@RequiresKvm
@Timeout(120)
final class BlockGuestTest {
    private static final int REQUESTS = 40;
    private static final int REQUEST_BYTES = 16384;
    private static final int DISK_BYTES = 1 << 20;

    @TempDir Path folder;

    private Path disk(String name) throws IOException {
        return Files.write(folder.resolve(name), new byte[DISK_BYTES]);
    }

    private static MachineSpec spec(String arguments, List<DiskSpec> disks) {
        BootSpec boot =
                new BootSpec(
                        TestGuest.image("block"),
                        Optional.empty(),
                        arguments,
                        OptionalLong.empty(),
                        true);
        return new MachineSpec("test", 1, MemorySpec.ofBytes(128 << 20), boot, disks);
    }

    /** Asked of another program, so that an error of ours skips nothing. */
    private static boolean takesDirect(Path file) throws Exception {
        List<String> read = List.of("dd", "if=" + file, "of=/dev/null", "iflag=direct", "count=1");
        return new ProcessBuilder(read)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    @ParameterizedTest
    @EnumSource
    void readsBackWhatItWrote(CacheMode cache) throws Exception {
        Path disk = disk("disk.img");
        assumeTrue(
                cache != CacheMode.NONE || takesDirect(disk),
                "the folder for tests is on a file system that knows no O_DIRECT");
        String arguments = "verify count=" + REQUESTS + " bytes=" + REQUEST_BYTES;
        DiskSpec spec = new DiskSpec(disk, false, cache, true, "");
        try (TestGuest guest = new TestGuest(spec(arguments, List.of(spec)))) {
            guest.machine.start();
            assertEquals(0, guest.status(), guest::said);
            guest.await("verified " + REQUESTS + " requests of " + REQUEST_BYTES + " bytes");
        }
        byte[] content = Files.readAllBytes(disk);
        int written = REQUESTS * REQUEST_BYTES;
        for (int at = 0; at < written; at += Long.BYTES) {
            assertTrue(
                    Arrays.mismatch(content, at, at + Long.BYTES, new byte[8], 0, 8) >= 0,
                    "nothing was written at byte " + at);
        }
        assertEquals(
                -1,
                Arrays.mismatch(
                        content, written, DISK_BYTES, new byte[DISK_BYTES], written, DISK_BYTES));
    }

    /** Slots 0 and 8 share GSI 16; 300 rounds of either alone, and of both at once. */
    @Test
    void disksThatShareAnInterruptBothGetTheirs() throws IOException {
        List<DiskSpec> disks = new ArrayList<>();
        for (int i = 0; i <= 8; i++) {
            disks.add(DiskSpec.of(disk("disk" + i + ".img")));
        }
        try (TestGuest guest = new TestGuest(spec("interrupts count=300", disks))) {
            guest.machine.start();
            assertEquals(0, guest.status(), guest::said);
            guest.await("block: interrupts 200 and 200 on GSI 16 and 16");
        }
    }

    @Test
    void aDiskThatRestsNowAndThenLosesNoRequest() throws IOException {
        int requests = 400;
        Path disk = disk("disk.img");
        Files.write(disk, new byte[requests * REQUEST_BYTES]);
        String arguments = "verify count=" + requests + " bytes=" + REQUEST_BYTES;
        try (TestGuest guest = new TestGuest(spec(arguments, List.of(DiskSpec.of(disk))))) {
            RunningGuest running = guest.machine.running();
            guest.machine.start();
            int rests = 0;
            while (guest.machine.awaitEnd(Duration.ofMillis(1)).isEmpty()) {
                AtomicBoolean rested = new AtomicBoolean();
                running.restDisks(() -> rested.set(true));
                rests += rested.get() ? 1 : 0;
            }
            assertEquals(0, guest.status(), guest::said);
            guest.await("verified " + requests + " requests");
            assertTrue(rests > 3, "rested only " + rests + " times");
        }
    }

    @Test
    void allSlotsCanBeTaken() throws IOException {
        List<DiskSpec> disks = new ArrayList<>();
        for (int i = 0; i < MachineSpec.MAX_VIRTIO_DEVICES; i++) {
            disks.add(DiskSpec.of(disk("disk" + i + ".img")));
        }
        try (TestGuest guest = new TestGuest(spec("interrupts count=3", disks))) {
            guest.machine.start();
            assertEquals(0, guest.status(), guest::said);
            guest.await("on GSI 16 and 23");
        }
    }
}
