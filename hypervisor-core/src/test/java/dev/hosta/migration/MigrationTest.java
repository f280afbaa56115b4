package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Guests that check their own memory go from machine to machine, over a connection. */
@RequiresKvm
@Timeout(180)
final class MigrationTest {
    @TempDir Path here;
    @TempDir Path there;

    private static TestGuest dirty(int mibPerSecond, int mib) {
        return new TestGuest(
                TestGuest.spec("dirty", mibPerSecond + " " + mib, 1, (32L + mib) << 20));
    }

    private MigrationReport send(TestGuest guest, Ferry ferry) {
        return new MigrationSource(guest.machine, ferry.options(), here).run();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 50, 500})
    void aGuestThatWritesGoesOnThereWithAllItWrote(int mibPerSecond) throws Exception {
        try (TestGuest source = dirty(mibPerSecond, 32);
                Ferry ferry = new Ferry(there)) {
            source.machine.start();
            source.await(mibPerSecond == 0 ? "\ntick " : "rounds 1");
            MigrationReport report = send(source, ferry);
            TestGuest target = ferry.arrived();
            assertEquals(MachinePhase.PAUSED, source.machine.phase());
            int said = source.saidLength();
            Ferry.endsWell(target);
            assertFalse(target.said().contains("went back"), target.said());
            assertEquals(said, source.saidLength(), "Both ran");
            assertTrue(report.rounds().size() >= 2, report.toString());
            if (mibPerSecond > 0) {
                assertTrue(report.sentBytes() >= 32L << 20, report.toString());
            } else {
                assertTrue(report.sentBytes() < 8L << 20, report.toString());
            }
            assertTrue(report.downtime().nanos() < report.totalNanos(), report.toString());
            assertThrows(IllegalStateException.class, source.machine::resume);
            assertEquals(List.of(), ferry.givenUp);
            assertFalse(Files.exists(here.resolve(HandOverRecord.NAME)));
        }
    }

    @Test
    void aGuestWithTwoVcpusGoesBackAndForth() throws Exception {
        TestGuest guest = new TestGuest(TestGuest.spec("dirty", "100 16", 2, 64L << 20));
        guest.machine.start();
        guest.await("\ntick ");
        for (int i = 0; i < 8; i++) {
            try (TestGuest source = guest;
                    Ferry ferry = new Ferry(there)) {
                send(source, ferry);
                guest = ferry.arrived();
                guest.await("\ntick ");
                ferry.leaveGuest();
            }
        }
        try (TestGuest last = guest) {
            Ferry.endsWell(last);
        }
    }

    @Test
    void aPausedGuestArrivesPaused() throws Exception {
        try (TestGuest source = dirty(100, 8);
                Ferry ferry = new Ferry(there)) {
            source.machine.start();
            source.await("rounds 1");
            source.machine.pause();
            send(source, ferry);
            TestGuest target = ferry.arrived();
            assertEquals(MachinePhase.PAUSED, target.machine.phase());
            assertEquals("", target.said());
            target.machine.start();
            Ferry.endsWell(target);
        }
    }

    @Test
    void aGuestRunsOnWhereNobodyListens() {
        Ferry gone = new Ferry(there);
        int port = gone.port();
        gone.close();
        try (TestGuest source = dirty(50, 8)) {
            source.machine.start();
            MigrationSource migration =
                    new MigrationSource(source.machine, Ferry.options(port), here);
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertTrue(e.getMessage().startsWith("Cannot reach 127.0.0.1:"), e.getMessage());
            Ferry.endsWell(source);
        }
    }
}
