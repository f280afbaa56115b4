package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;
import dev.hosta.memory.DirtyPages;
import dev.hosta.memory.DirtySet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Saving and resuming guests that check their own memory, on the real KVM. */
@RequiresKvm
@Timeout(300)
final class SavedFormTest {
    private static final long SMALL = 32L << 20;

    @TempDir Path folder;

    private Path form() {
        return folder.resolve("form");
    }

    private static TestGuest dirty(int mibPerSecond, int mib) {
        return new TestGuest(
                TestGuest.spec("dirty", mibPerSecond + " " + mib, 1, SMALL + ((long) mib << 20)));
    }

    private static TestGuest resumed(Path form) {
        return new TestGuest(
                console ->
                        SavedForm.read(form)
                                .restore(Overrides.NONE, console, RestoreOptions.CHECKED));
    }

    private static SaveReport save(TestGuest guest, Path form, SaveOptions options) {
        return SavedForm.write(guest.machine, form, options, SaveProgress.NONE);
    }

    /** Lets it write a while, then ask it whether each page holds what was written last. */
    private static void endsWell(TestGuest guest) {
        guest.await("tick ", guest.saidLength());
        guest.send("q");
        assertEquals(0, guest.status(), guest.said());
        assertFalse(guest.said().contains("LOST"), guest.said());
        assertTrue(guest.said().contains("dirty: ok"), guest.said());
        assertFalse(guest.said().contains("went back"), guest.said());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void hundredSuspendsAndResumesLoseNothing() {
        TestGuest guest = dirty(40, 8);
        try {
            guest.machine.start();
            guest.await("\ntick ");
            for (int round = 0; round < 100; round++) {
                save(guest, form(), SaveOptions.SUSPEND);
                assertEquals(MachinePhase.PAUSED, guest.machine.phase());
                guest.close();
                guest = resumed(form());
                assertEquals(MachinePhase.PAUSED, guest.machine.phase());
                guest.machine.resume();
                if (round % 10 == 0) {
                    guest.await("tick ", guest.saidLength());
                }
            }
            endsWell(guest);
        } finally {
            guest.close();
        }
    }

    @Test
    void aSnapshotOfAWriterIsOfOneInstantAndBothGoOn() throws IOException {
        try (TestGuest guest = dirty(200, 24)) {
            guest.machine.start();
            guest.await("rounds 1");
            for (int i = 0; i < 3; i++) {
                SaveReport report = save(guest, form(), SaveOptions.SNAPSHOT);
                assertTrue(report.writtenBytes() > 24L << 20, report.toString());
                assertTrue(report.pauseNanos() > 0, report.toString());
                assertEquals(MachinePhase.RUNNING, guest.machine.phase());
                try (TestGuest one = resumed(form());
                        TestGuest two = resumed(form())) {
                    one.machine.start();
                    two.machine.resume();
                    endsWell(one);
                    endsWell(two);
                }
            }
            endsWell(guest);
        }
        assertEquals(List.of("form"), names());
    }

    @Test
    void aResumedGuestIsSavedAgainOverItsOwnForm() {
        try (TestGuest guest = dirty(100, 16)) {
            guest.machine.start();
            guest.await("rounds 1");
            save(guest, form(), SaveOptions.SNAPSHOT);
        }
        try (TestGuest second = resumed(form())) {
            second.machine.start();
            second.await("tick ");
            save(second, form(), SaveOptions.SNAPSHOT);
            second.await("tick ", second.saidLength());
            save(second, form(), SaveOptions.SUSPEND);
            try (TestGuest third = resumed(form())) {
                third.machine.start();
                endsWell(third);
            }
        }
    }

    @Test
    void dirtyPagesAreStillReportedWhileASnapshotIsTaken() {
        Set<Long> written = Set.of(0x80_0000L, 0x9f_f000L, 0x400_0000L);
        String pages = "0x800000 0x9ff000 0x4000000";
        try (TestGuest guest = new TestGuest("pages", "wait " + pages, 1)) {
            guest.machine.start();
            guest.await("pages: ready");
            DirtyPages dirty = guest.machine.dirtyPages();
            dirty.start();
            for (int round = 1; round <= 3; round++) {
                dirty.collect();
                save(guest, form(), SaveOptions.SNAPSHOT);
                guest.send("w");
                guest.await("round " + round);
                guest.machine.pause();
                DirtySet found = dirty.collect();
                written.forEach(gpa -> assertTrue(found.contains(gpa), Long.toHexString(gpa)));
                assertFalse(found.contains(0x90_0000L));
                guest.machine.resume();
            }
            dirty.stop();
            guest.send("q");
            assertEquals(0, guest.status());
        }
    }

    @Test
    void aPausedGuestStaysPaused() {
        try (TestGuest guest = dirty(50, 8)) {
            guest.machine.start();
            guest.await("rounds 1");
            guest.machine.pause();
            save(guest, form(), SaveOptions.SNAPSHOT);
            assertEquals(MachinePhase.PAUSED, guest.machine.phase());
            guest.machine.resume();
            endsWell(guest);
        }
    }

    @Test
    void aCancelledSaveLeavesNothingAndTheGuestRunsOn() throws IOException {
        try (TestGuest guest = dirty(50, 16)) {
            guest.machine.start();
            guest.await("rounds 1");
            for (SaveOptions options : List.of(SaveOptions.SUSPEND, SaveOptions.SNAPSHOT)) {
                CancellationException cancelled =
                        assertThrows(
                                CancellationException.class,
                                () ->
                                        SavedForm.write(
                                                guest.machine, form(), options, cancelAfter(3)));
                assertTrue(cancelled.getMessage().contains("cancelled"));
                assertEquals(MachinePhase.RUNNING, guest.machine.phase());
                assertEquals(List.of(), names());
            }
            endsWell(guest);
        }
    }

    private static SaveProgress cancelAfter(int questions) {
        return new SaveProgress() {
            private int left = questions;

            @Override
            public void report(Stage stage, long bytesDone, long bytesTotal) {}

            @Override
            public boolean isCancelled() {
                return left-- <= 0;
            }
        };
    }

    @Test
    void aSecondSaverIsRefusedAndSoIsAResumeDuringASuspend() throws InterruptedException {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch tried = new CountDownLatch(1);
        try (TestGuest guest = dirty(50, 8)) {
            guest.machine.start();
            guest.await("rounds 1");
            Thread saver =
                    Thread.ofPlatform()
                            .start(
                                    () ->
                                            SavedForm.write(
                                                    guest.machine,
                                                    form(),
                                                    SaveOptions.SUSPEND,
                                                    holding(writing, tried)));
            assertTrue(writing.await(60, TimeUnit.SECONDS));
            assertThrows(
                    IllegalStateException.class,
                    () -> save(guest, folder.resolve("other"), SaveOptions.SNAPSHOT));
            assertThrows(IllegalStateException.class, guest.machine::resume);
            tried.countDown();
            saver.join();
            guest.machine.resume();
            endsWell(guest);
        }
        try (TestGuest guest = resumed(form())) {
            guest.machine.start();
            endsWell(guest);
        }
    }

    private static SaveProgress holding(CountDownLatch reached, CountDownLatch until) {
        return new SaveProgress() {
            @Override
            public void report(Stage stage, long bytesDone, long bytesTotal) {
                if (stage == Stage.WRITING) {
                    reached.countDown();
                    try {
                        until.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }

            @Override
            public boolean isCancelled() {
                return false;
            }
        };
    }

    @Test
    void whatIsNoSavedFormIsNotReplaced() throws IOException {
        Files.createDirectory(form());
        Path file = Files.writeString(form().resolve("letters"), "dear");
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            SaveException refused =
                    assertThrows(
                            SaveException.class, () -> save(guest, form(), SaveOptions.SNAPSHOT));
            assertTrue(refused.getMessage().contains("no saved form"), refused.getMessage());
            assertEquals(MachinePhase.RUNNING, guest.machine.phase());
        }
        assertEquals("dear", Files.readString(file));
    }

    @Test
    void whatDeadSavesLeftIsSweptUp() throws IOException {
        Path left = Files.createDirectory(folder.resolve("form.tmp-0123abcd"));
        Files.write(left.resolve(MemoryFile.NAME), new byte[4096]);
        Path other = Files.createDirectory(folder.resolve("form.tmp-notours"));
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            save(guest, form(), SaveOptions.SNAPSHOT);
        }
        assertEquals(List.of("form", other.getFileName().toString()), names());
    }

    @Test
    void aForkSharesMemoryAndBothGoOn() throws IOException {
        try (TestGuest guest = dirty(100, 16)) {
            guest.machine.start();
            guest.await("rounds 1");
            Overrides named = new Overrides(Optional.of("child"), Map.of(), false);
            for (int i = 0; i < 3; i++) {
                TestGuest child;
                try (ForkSource fork =
                        ForkSource.open(
                                guest.machine,
                                folder.resolve("fork"),
                                Set.of(),
                                Optional.empty())) {
                    assertTrue(fork.pauseNanos() > 0);
                    child =
                            new TestGuest(
                                    console ->
                                            SavedForm.read(folder.resolve("fork"))
                                                    .restore(
                                                            named,
                                                            console,
                                                            RestoreOptions.CHECKED));
                }
                try (child) {
                    assertEquals("child", child.machine.spec().name());
                    child.machine.start();
                    endsWell(child);
                }
                assertEquals(List.of(), names());
            }
            endsWell(guest);
        }
    }
}
