package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;
import dev.hosta.migration.Cable.Cut;
import dev.hosta.migration.MigrationException.GuestIs;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The link is cut in every stage: one copy runs afterwards, or none, never two. */
@RequiresKvm
@Timeout(120)
final class CutCableTest {
    @TempDir Path here;
    @TempDir Path there;

    /** Migrates over a cable that is cut; empty where the guest is there, else where it is. */
    private Optional<GuestIs> migrate(
            TestGuest source, Ferry ferry, FrameType type, Cut where, boolean forEver)
            throws Exception {
        source.machine.start();
        source.await("rounds 1");
        try (Cable cable = new Cable(ferry.port(), type, where, forEver)) {
            try {
                new MigrationSource(source.machine, Ferry.options(cable.port()), here).run();
                return Optional.empty();
            } catch (MigrationException e) {
                return Optional.of(e.guestIs());
            } finally {
                assertTrue(cable.wasCut());
            }
        }
    }

    private static TestGuest guest() {
        return new TestGuest(TestGuest.spec("dirty", "20 4", 1, 16L << 20));
    }

    @ParameterizedTest
    @CsvSource({
        "HELLO, BEFORE", "HELLO, WITHIN", "CHOICE, BEFORE", "RESERVE, BEFORE", "RESERVE, WITHIN",
        "RESERVED, BEFORE", "PAGES, BEFORE", "PAGES, WITHIN", "PAGES, AFTER", "ROUND, BEFORE",
        "ROUND, AFTER", "STATE, BEFORE", "STATE, WITHIN", "READY, BEFORE", "READY, WITHIN",
    })
    void beforeTheHandOverTheSourceRunsOn(FrameType type, Cut where) throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            assertEquals(Optional.of(GuestIs.HERE), migrate(source, ferry, type, where, true));
            assertEquals(MachinePhase.RUNNING, source.machine.phase());
            Ferry.endsWell(source);
            assertFalse(ferry.hasArrived(), "Two copies run");
            assertFalse(Files.exists(here.resolve(HandOverRecord.NAME)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "READY, AFTER, false",
        "GO, BEFORE, false",
        "GO, WITHIN, false",
        "GO, AFTER, true",
        "RUNNING, BEFORE, true",
        "RUNNING, WITHIN, true"
    })
    void afterTheHandOverTheSourceNeverRunsIt(FrameType type, Cut where, boolean runsThere)
            throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            assertEquals(Optional.of(GuestIs.UNKNOWN), migrate(source, ferry, type, where, true));
            assertEquals(MachinePhase.PAUSED, source.machine.phase());
            assertThrows(IllegalStateException.class, source.machine::resume);
            assertTrue(Files.exists(here.resolve(HandOverRecord.NAME)));
            if (runsThere) {
                Ferry.endsWell(ferry.arrived());
            } else {
                assertFalse(ferry.hasArrived(), "It runs without having been told to");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "READY, AFTER",
        "GO, BEFORE",
        "GO, AFTER",
        "RUNNING, BEFORE",
        "RUNNING, WITHIN",
        "RUNNING, AFTER",
        "HEARD, BEFORE"
    })
    void overANewConnectionTheHandOverIsCompleted(FrameType type, Cut where) throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            assertEquals(Optional.empty(), migrate(source, ferry, type, where, false));
            assertEquals(MachinePhase.PAUSED, source.machine.phase());
            Ferry.endsWell(ferry.arrived());
        }
    }
}
