package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.DiskException;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Disks of machines that are saved: they must be as the guest left them. */
@RequiresKvm
@Timeout(120)
final class SavedDiskTest {
    @TempDir Path folder;
    private Path disk;
    private Path form;
    private MachineSpec spec;

    @BeforeEach
    void makeDisk() throws IOException {
        disk = Files.write(folder.resolve("root.img"), new byte[1 << 20]);
        form = folder.resolve("form");
        spec = TestGuest.spec("echo", "", 1, 32L << 20).withDisks(List.of(DiskSpec.of(disk)));
    }

    private void suspend() {
        try (TestGuest guest = new TestGuest(spec)) {
            guest.machine.start();
            guest.await("echo ready");
            SavedForm.write(guest.machine, form, SaveOptions.SUSPEND, SaveProgress.NONE);
        }
    }

    private TestGuest resumed(Overrides overrides) {
        return new TestGuest(
                console ->
                        SavedForm.read(form).restore(overrides, console, RestoreOptions.CHECKED));
    }

    private static Overrides with(Map<String, Path> disks, boolean acceptChanged) {
        return new Overrides(Optional.empty(), disks, acceptChanged);
    }

    private static void runsOn(TestGuest guest) {
        guest.machine.start();
        guest.send("hi\004");
        assertEquals(0, guest.status());
    }

    private void isRefused(Overrides overrides, String why) {
        SavedFormException refused =
                assertThrows(
                        SavedFormException.Incompatible.class, () -> resumed(overrides).close());
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
        assertTrue(refused.getMessage().contains("'disk0'"), refused.getMessage());
    }

    @Test
    void anUntouchedDiskIsTakenAgain() {
        suspend();
        try (TestGuest guest = resumed(Overrides.NONE)) {
            runsOn(guest);
        }
    }

    @Test
    void aChangedDiskIsRefusedUnlessAccepted() throws IOException {
        suspend();
        Files.write(disk, new byte[] {1}, StandardOpenOption.WRITE);
        isRefused(Overrides.NONE, "written to since");
        try (TestGuest guest = resumed(with(Map.of(), true))) {
            runsOn(guest);
        }
        Files.write(disk, new byte[512], StandardOpenOption.APPEND);
        isRefused(Overrides.NONE, "its size was");
    }

    @Test
    void aMissingDiskIsRefusedAndAMovedOneNamed() throws IOException {
        suspend();
        Path moved = Files.move(disk, folder.resolve("moved.img"));
        isRefused(Overrides.NONE, "is missing");
        try (TestGuest guest = resumed(with(Map.of("disk0", moved), false))) {
            runsOn(guest);
        }
        SavedFormException refused =
                assertThrows(
                        SavedFormException.Incompatible.class,
                        () -> resumed(with(Map.of("sda", moved), false)).close());
        assertTrue(refused.getMessage().contains("no disk 'sda'"), refused.getMessage());
    }

    @Test
    void aCopyWithItsTimesIsTheSameDisk() throws IOException {
        suspend();
        FileTime time = Files.getLastModifiedTime(disk);
        Path copy = Files.copy(disk, folder.resolve("copy.img"));
        isRefused(with(Map.of("disk0", copy), false), "written to since");
        Files.setLastModifiedTime(copy, time);
        try (TestGuest guest = resumed(with(Map.of("disk0", copy), false))) {
            runsOn(guest);
        }
    }

    @Test
    void theDiskOfAGuestThatStillRunsIsRefused() {
        try (TestGuest guest = new TestGuest(spec)) {
            guest.machine.start();
            guest.await("echo ready");
            SavedForm.write(guest.machine, form, SaveOptions.SNAPSHOT, SaveProgress.NONE);
            assertThrows(DiskException.class, () -> resumed(Overrides.NONE).close());
            runsOnHere(guest);
        }
    }

    private static void runsOnHere(TestGuest guest) {
        guest.send("hi\004");
        assertEquals(0, guest.status());
    }

    @Test
    void aForkMayNotWriteItsParentsDisk() {
        try (TestGuest guest = new TestGuest(spec)) {
            guest.machine.start();
            guest.await("echo ready");
            SaveException refused =
                    assertThrows(
                            SaveException.class,
                            () ->
                                    ForkSource.open(
                                            guest.machine,
                                            folder.resolve("fork"),
                                            Set.of(),
                                            Optional.empty()));
            assertTrue(refused.getMessage().contains("'disk0'"), refused.getMessage());
            ForkSource.open(
                            guest.machine,
                            folder.resolve("fork"),
                            Set.of("disk0"),
                            Optional.empty())
                    .close();
            assertTrue(Files.notExists(folder.resolve("fork")));
            runsOnHere(guest);
        }
    }
}
