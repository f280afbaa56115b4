package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.SparseFile;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/** Copies of disks of guests that run on: at once where blocks can be shared, else in full. */
@RequiresKvm
@Timeout(120)
final class DiskCopiesTest {
    private static final Optional<String> TWIN = Optional.of("web2");
    private static final int DISK_BYTES = 4 << 20;
    private static final byte[] CONTENT = "what was there".getBytes();

    @TempDir Path folder;

    private static Path makeDisk(Path in) throws IOException {
        Path disk = in.resolve("root.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
            file.seek(2 << 20);
            file.write(CONTENT);
        }
        return disk;
    }

    private static MachineSpec spec(Path disk) {
        return TestGuest.spec("echo", "", 1, 32L << 20).withDisks(List.of(DiskSpec.of(disk)));
    }

    private static TestGuest running(Path disk) {
        TestGuest guest = new TestGuest(spec(disk));
        guest.machine.start();
        guest.await("echo ready");
        return guest;
    }

    private static void save(TestGuest guest, Path form, DiskCopying disks) {
        SavedForm.write(guest.machine, form, SaveOptions.snapshot(disks), SaveProgress.NONE);
    }

    private static TestGuest resumed(Path form, Map<String, Path> disks) {
        Overrides overrides = new Overrides(Optional.empty(), disks, false);
        return new TestGuest(
                console ->
                        SavedForm.read(form).restore(overrides, console, RestoreOptions.CHECKED));
    }

    private static Path diskOf(TestGuest guest) {
        return guest.machine.spec().disks().getFirst().path();
    }

    private static void runsOn(TestGuest guest) {
        guest.send("hi\004");
        assertEquals(0, guest.status());
    }

    private static void write(Path disk, String text) throws IOException {
        Files.write(disk, text.getBytes(), StandardOpenOption.WRITE);
    }

    private static byte[] content(Path disk) throws IOException {
        byte[] bytes = new byte[CONTENT.length];
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            file.seek(2 << 20);
            file.readFully(bytes);
        }
        return bytes;
    }

    private static int first(Path disk) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            return file.read();
        }
    }

    private static List<String> names(Path in) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFullCopyIsWhatAResumeUses() throws IOException {
        Path disk = makeDisk(folder);
        Path form = folder.resolve("form");
        Path copy = form.resolve("disk-disk0");
        try (TestGuest guest = running(disk)) {
            save(guest, form, DiskCopying.FULL);
            assertEquals(
                    List.of("disk-disk0", "manifest.json", "memory", "memory.sums"), names(form));
            assertEquals(DISK_BYTES, Files.size(copy));
            try (FileDescriptor file = FileDescriptor.open(copy, FileDescriptor.O_RDONLY)) {
                assertTrue(SparseFile.nextData(file, 0, DISK_BYTES) > 0, "sparse");
            }
            write(disk, "written since");
            try (TestGuest twin = resumed(form, Map.of())) {
                assertEquals(copy, diskOf(twin));
                assertArrayEquals(CONTENT, content(copy));
                SaveException used =
                        assertThrows(
                                SaveException.class, () -> save(guest, form, DiskCopying.NONE));
                assertTrue(used.getMessage().contains("disk-disk0"), used.getMessage());
                twin.machine.start();
                runsOn(twin);
            }
            save(guest, form, DiskCopying.NONE);
            assertEquals(List.of("manifest.json", "memory", "memory.sums"), names(form));
            runsOn(guest);
        }
    }

    @Test
    void aCopyThatWasWrittenOrIsGoneIsRefused() throws IOException {
        Path disk = makeDisk(folder);
        Path form = folder.resolve("form");
        try (TestGuest guest = running(disk)) {
            save(guest, form, DiskCopying.FULL);
            runsOn(guest);
        }
        Path copy = form.resolve("disk-disk0");
        write(copy, "by another");
        SavedFormException written =
                assertThrows(SavedFormException.Incompatible.class, () -> resumed(form, Map.of()));
        assertTrue(written.getMessage().contains("written to since"), written.getMessage());
        Path moved = Files.move(copy, folder.resolve("moved"));
        assertThrows(SavedFormException.Incompatible.class, () -> resumed(form, Map.of()));
        SavedFormException there =
                assertThrows(
                        SavedFormException.Incompatible.class,
                        () -> resumed(form, Map.of("disk0", moved)));
        assertTrue(there.getMessage().contains("written to since"), there.getMessage());
    }

    @Test
    void whereBlocksCannotBeSharedItIsRefusedAndTheGuestRunsOn()
            throws IOException, InterruptedException {
        Path here = Files.createDirectory(folder.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", here.toString()) == 0,
                "Only who may mount can try a file system without reflinks");
        try {
            Path disk = makeDisk(here);
            try (TestGuest guest = running(disk)) {
                SaveException refused =
                        assertThrows(
                                SaveException.class,
                                () -> save(guest, here.resolve("form"), DiskCopying.REFLINK));
                assertTrue(refused.getMessage().contains("no reflinks"), refused.getMessage());
                SaveException far =
                        assertThrows(
                                SaveException.class,
                                () -> save(guest, folder.resolve("form"), DiskCopying.REFLINK));
                assertTrue(far.getMessage().contains("another file system"), far.getMessage());
                SaveException fork =
                        assertThrows(
                                SaveException.class,
                                () ->
                                        ForkSource.open(
                                                guest.machine,
                                                here.resolve("fork"),
                                                Set.of(),
                                                TWIN));
                assertTrue(fork.getMessage().contains("no reflinks"), fork.getMessage());
                assertTrue(fork.getMessage().contains("--disk disk0=PATH"), fork.getMessage());
                assertEquals(List.of("root.img"), names(here));
                assertEquals(List.of("small"), names(folder));
                runsOn(guest);
            }
        } finally {
            run("umount", here.toString());
        }
    }

    @Test
    void aFullCopyCanBeCancelled() throws IOException {
        Path disk = makeDisk(folder);
        SaveProgress cancelling =
                new SaveProgress() {
                    private boolean copying;

                    @Override
                    public void report(Stage stage, long bytesDone, long bytesTotal) {
                        copying |= stage == Stage.COPYING;
                    }

                    @Override
                    public boolean isCancelled() {
                        return copying;
                    }
                };
        SaveOptions options = SaveOptions.snapshot(DiskCopying.FULL);
        try (TestGuest guest = running(disk)) {
            assertThrows(
                    CancellationException.class,
                    () ->
                            SavedForm.write(
                                    guest.machine, folder.resolve("form"), options, cancelling));
            assertEquals(List.of("root.img"), names(folder));
            runsOn(guest);
        }
    }

    @Test
    void withReflinksSnapshotsAndForksHaveDisksOfTheirOwn()
            throws IOException, InterruptedException {
        Path image = folder.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(256 << 20);
        }
        Path here = Files.createDirectory(folder.resolve("here"));
        boolean mounted =
                run("mkfs.btrfs", "-q", image.toString()) == 0
                        && run("mount", "-o", "loop", image.toString(), here.toString()) == 0;
        if (!mounted) {
            System.out.println("Skipped: no file system with reflinks can be mounted here");
        }
        assumeTrue(mounted, "No file system with reflinks can be mounted here");
        try {
            snapshotsAndForks(here);
        } finally {
            run("umount", here.toString());
        }
    }

    private void snapshotsAndForks(Path here) throws IOException {
        Path disk = makeDisk(here);
        Path form = here.resolve("form");
        Path twinDisk = here.resolve("root.img.web2");
        try (TestGuest guest = running(disk)) {
            save(guest, form, DiskCopying.REFLINK);
            write(disk, "written since");
            try (TestGuest twin = resumed(form, Map.of())) {
                assertEquals(form.resolve("disk-disk0"), diskOf(twin));
                assertArrayEquals(CONTENT, content(diskOf(twin)));
                assertEquals(0, first(diskOf(twin)));
                twin.machine.start();
                runsOn(twin);
            }
            Path fork = folder.resolve("fork");
            try (ForkSource source = ForkSource.open(guest.machine, fork, Set.of(), TWIN)) {
                assertEquals(List.of(twinDisk), source.copiedDisks());
                SaveException twice =
                        assertThrows(
                                SaveException.class,
                                () -> ForkSource.open(guest.machine, fork, Set.of(), TWIN));
                assertTrue(twice.getMessage().contains("already"), twice.getMessage());
            }
            assertFalse(Files.exists(twinDisk), "nobody had it");
            ForkSource source = ForkSource.open(guest.machine, fork, Set.of(), TWIN);
            try (source;
                    TestGuest twin = resumed(fork, Map.of())) {
                source.keepDisks();
                assertEquals(twinDisk, diskOf(twin));
                twin.machine.start();
                runsOn(twin);
            }
            assertEquals('w', first(twinDisk));
            runsOn(guest);
        }
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            // It is not installed.
            return -1;
        }
    }
}
