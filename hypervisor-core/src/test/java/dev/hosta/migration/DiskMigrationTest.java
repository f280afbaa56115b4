package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.DiskException;
import dev.hosta.linux.DiskLock;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.DiskLease;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Cable.Cut;
import dev.hosta.migration.MigrationException.GuestIs;
import dev.hosta.migration.Settlement.Force;
import dev.hosta.migration.Settlement.Place;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Guests that write a disk: who has it locked, and what its lease says, at every step. */
@RequiresKvm
@Timeout(180)
final class DiskMigrationTest {
    private static final String OTHERS = "hosta-lease 1 9 " + "c".repeat(32) + " handed-over\n";

    @TempDir Path here;
    @TempDir Path there;
    private Path disk;
    private Path lease;

    @BeforeEach
    void makeDisk() throws IOException {
        disk = Files.createFile(here.resolve("disk"));
        try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        lease = here.resolve("disk" + DiskLease.SUFFIX);
    }

    private MachineSpec dirty() {
        return TestGuest.spec("dirty", "20 4", 1, 16L << 20).withDisks(disks());
    }

    private List<DiskSpec> disks() {
        return List.of(DiskSpec.of(disk));
    }

    private static TestGuest started(MachineSpec spec) {
        TestGuest guest = new TestGuest(spec);
        guest.machine.start();
        guest.await("rounds 1");
        return guest;
    }

    private MigrationSource source(TestGuest guest, int port) {
        return new MigrationSource(guest.machine, Ferry.options(port), here);
    }

    private boolean isLocked() {
        try (FileDescriptor fd = FileDescriptor.open(disk, FileDescriptor.O_RDWR)) {
            return !DiskLock.tryTake(fd, false);
        }
    }

    /** Soon: the destination tidies up beside the running guest. */
    private void assertNothingLeft() {
        Path records = there.resolve("records");
        awaitGone(here.resolve(HandOverRecord.NAME));
        awaitGone(lease);
        String[] left = records.toFile().list();
        if (left != null) {
            List.of(left).forEach(token -> awaitGone(records.resolve(token)));
        }
    }

    private static void awaitGone(Path file) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (Files.exists(file)) {
            assertTrue(System.nanoTime() - deadline < 0, () -> "It stays: " + file);
            Thread.onSpinWait();
        }
    }

    @Test
    void theDiskGoesWithItsGuest() throws Exception {
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there)) {
            source(source, ferry.port()).run();
            TestGuest target = ferry.arrived();
            assertTrue(isLocked());
            source.machine.close();
            assertTrue(isLocked(), "It was the source's lock");
            assertNothingLeft();
            Ferry.endsWell(target);
        }
        assertFalse(isLocked());
    }

    @Test
    void whatTheGuestWroteItReadsThere() throws Exception {
        MachineSpec spec =
                new MachineSpec(
                                "test",
                                1,
                                TestGuest.spec("block", "", 1, 96L << 20).memory(),
                                new BootSpec(
                                        TestGuest.image("block"),
                                        Optional.empty(),
                                        "verify bytes=4096 count=4096",
                                        OptionalLong.empty(),
                                        true))
                        .withDisks(disks());
        try (TestGuest source = new TestGuest(spec);
                Ferry ferry = new Ferry(there)) {
            source.machine.start();
            awaitWrites(source.machine);
            source(source, ferry.port()).run();
            TestGuest target = ferry.arrived();
            assertEquals(0, target.status(), target.said());
            assertTrue(target.said().contains("verified 4096 requests"), target.said());
            assertEquals("", source.said(), "It ended before it was sent");
        }
    }

    private static void awaitWrites(VirtualMachine machine) {
        while (machine.counters().get("/devices/disks/disk0").get("write_ops") < 100) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anotherFileIsRefusedBeforeAPageMoves() throws Exception {
        Path copy = Files.copy(disk, there.resolve("disk"));
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there, List.of(DiskSpec.of(copy)))) {
            MigrationException e =
                    assertThrows(
                            MigrationException.class, () -> source(source, ferry.port()).run());
            assertTrue(e.getMessage().contains("Both must see one file"), e.getMessage());
            assertEquals(GuestIs.HERE, e.guestIs());
            assertNothingLeft();
            Ferry.endsWell(source);
        }
    }

    @Test
    void aDiskThatGoesMissingAfterTheHandOverBringsTheGuestBack() throws Exception {
        Path link = Files.createSymbolicLink(there.resolve("link"), disk);
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there, List.of(DiskSpec.of(link)));
                Cable cable =
                        new Cable(ferry.port(), FrameType.READY, Cut.AFTER, false)
                                .before(() -> Files.delete(link))) {
            MigrationException e =
                    assertThrows(
                            MigrationException.class, () -> source(source, cable.port()).run());
            assertEquals(GuestIs.HERE, e.guestIs(), e.getMessage());
            assertTrue(ferry.notYet.getFirst().contains("no such file"), ferry.notYet.toString());
            assertEquals(MachinePhase.RUNNING, source.machine.phase());
            assertTrue(isLocked());
            Ferry.endsWell(source);
            assertNothingLeft();
            assertFalse(ferry.hasArrived(), "Two copies run");
        }
    }

    @Test
    void aDiskThatAnotherTakesLeavesTheGuestPausedUntilItIsFree() throws Exception {
        FileDescriptor thief = FileDescriptor.open(disk, FileDescriptor.O_RDWR);
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there);
                Cable cable =
                        new Cable(ferry.port(), FrameType.GO, Cut.BEFORE, false)
                                .before(() -> assertTrue(DiskLock.tryTake(thief, false)))) {
            MigrationSource migration = source(source, cable.port());
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertEquals(GuestIs.UNKNOWN, e.guestIs(), e.getMessage());
            assertTrue(e.getMessage().contains("in use by process"), e.getMessage());
            assertEquals(MachinePhase.PAUSED, source.machine.phase());
            assertFalse(ferry.hasArrived());
            thief.close();
            DiskException refused =
                    assertThrows(DiskException.class, () -> new TestGuest(dirty()).close());
            assertTrue(refused.getMessage().contains("was handed over"), refused.getMessage());
            Settlement settlement = migration.settle(Force.NONE);
            assertEquals(Place.THERE, settlement.guestIs(), settlement.toString());
            Ferry.endsWell(ferry.arrived());
            assertNothingLeft();
        }
    }

    @ParameterizedTest
    @CsvSource({"GO, BEFORE, HERE", "RUNNING, BEFORE, UNKNOWN"})
    void bySourceForceTheGuestComesBackUnlessItBegan(FrameType type, Cut where, Place place)
            throws Exception {
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there);
                Cable cable = new Cable(ferry.port(), type, where, true)) {
            MigrationSource migration = source(source, cable.port());
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertEquals(GuestIs.UNKNOWN, e.guestIs(), e.getMessage());
            assertEquals(Place.UNKNOWN, migration.settle(Force.NONE).guestIs());
            if (place == Place.HERE) {
                assertEquals(Place.HERE, migration.settle(Force.SOURCE).guestIs());
                Ferry.endsWell(source);
                assertFalse(ferry.hasArrived(), "Two copies run");
                assertFalse(Files.exists(lease));
            } else {
                TestGuest target = ferry.arrived();
                assertThrows(MigrationException.class, () -> migration.settle(Force.SOURCE));
                Ferry.endsWell(target);
                target.close();
                // The disk is free by now, and its lease says who began.
                MigrationException late =
                        assertThrows(
                                MigrationException.class, () -> migration.settle(Force.SOURCE));
                assertTrue(late.getMessage().contains("decided"), late.getMessage());
                assertEquals(MachinePhase.PAUSED, source.machine.phase());
                cable.mend();
                assertEquals(Place.THERE, migration.settle(Force.NONE).guestIs());
            }
        }
    }

    @Test
    void aDestinationThatWasKilledGivesTheGuestBack() throws Exception {
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there);
                Cable cable = new Cable(ferry.port(), FrameType.GO, Cut.BEFORE, true)) {
            MigrationSource migration = source(source, cable.port());
            assertThrows(MigrationException.class, migration::run);
            Path record;
            try (var records = Files.list(there.resolve("records"))) {
                record = records.findFirst().orElseThrow();
            }
            // What a killed process leaves: the record, with a lock that nobody holds.
            Path copy =
                    Files.createDirectories(here.resolve("records").resolve(record.getFileName()));
            Files.copy(record.resolve("migration"), copy.resolve("migration"));
            Files.createFile(copy.resolve("lock"));
            try (Ferry next = new Ferry(here)) {
                cable.leadTo(next.port());
                assertEquals(Place.HERE, migration.settle(Force.NONE).guestIs());
                Ferry.endsWell(source);
                assertFalse(next.hasArrived());
                assertFalse(Files.exists(lease));
                awaitGone(copy);
            }
        }
    }

    @Test
    void aLeaseOfAnotherKeepsTheGuestFromRunningThere() throws Exception {
        try (TestGuest source = started(dirty());
                Ferry ferry = new Ferry(there);
                Cable cable =
                        new Cable(ferry.port(), FrameType.GO, Cut.BEFORE, false)
                                .before(() -> Files.writeString(lease, OTHERS))) {
            MigrationSource migration = source(source, cable.port());
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertEquals(GuestIs.UNKNOWN, e.guestIs(), e.getMessage());
            assertTrue(e.getMessage().contains("not handed over to this host"), e.getMessage());
            assertFalse(ferry.hasArrived());
            assertFalse(isLocked());
            assertThrows(MigrationException.class, () -> migration.settle(Force.SOURCE));
            assertEquals(MachinePhase.PAUSED, source.machine.phase());
        }
    }
}
