package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;
import dev.hosta.migration.MigrationException.GuestIs;
import dev.hosta.migration.MigrationOptions.OnTimeout;
import dev.hosta.migration.MigrationProgress.Stage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;

/** Guests that write faster than they are sent, over links that are kept slow. */
@RequiresKvm
@Timeout(120)
final class ConvergenceTest {
    private static final long MIB = 1 << 20;

    @TempDir Path here;
    @TempDir Path there;

    private static TestGuest dirty(int mibPerSecond, int mib) {
        TestGuest guest =
                new TestGuest(TestGuest.spec("dirty", mibPerSecond + " " + mib, 1, 64 * MIB));
        guest.machine.start();
        guest.await("rounds 1");
        return guest;
    }

    private static void isHereAsItWas(TestGuest source, Ferry ferry) {
        assertEquals(MachinePhase.RUNNING, source.machine.phase());
        assertFalse(ferry.hasArrived());
        Ferry.endsWell(source);
    }

    @Test
    void aFastWriterIsHeldBackUntilItCanGo() throws Exception {
        try (TestGuest source = dirty(500, 4);
                Ferry ferry = new Ferry(there)) {
            MigrationOptions options =
                    ferry.options()
                            .withTimes(
                                    Duration.ofMillis(1),
                                    Duration.ofSeconds(60),
                                    Duration.ofSeconds(10))
                            .withBytesPerSecond(16 * MIB);
            MigrationReport report = new MigrationSource(source.machine, options, here).run();
            assertTrue(
                    report.rounds().stream().anyMatch(round -> round.throttlePercent() > 0),
                    "rounds=" + report.rounds().size());
            Ferry.endsWell(ferry.arrived());
        }
    }

    @Test
    void aLimitIsKept() throws Exception {
        try (TestGuest source = dirty(5, 8);
                Ferry ferry = new Ferry(there)) {
            MigrationOptions options = ferry.options().withBytesPerSecond(8 * MIB);
            MigrationReport report = new MigrationSource(source.machine, options, here).run();
            MigrationRound first = report.rounds().getFirst();
            assertTrue(first.sentPages() >= 8 * MIB / 4096, first.toString());
            // 50 ms may be made up for at the start.
            assertTrue(first.tookNanos() > Duration.ofMillis(900).toNanos(), first.toString());
            Ferry.endsWell(ferry.arrived());
        }
    }

    @Test
    void whatTakesTooLongStaysHere() {
        try (TestGuest source = dirty(20, 16);
                Ferry ferry = new Ferry(there)) {
            MigrationOptions options =
                    ferry.options()
                            .withTimes(
                                    Duration.ofMillis(1),
                                    Duration.ofSeconds(1),
                                    Duration.ofSeconds(10))
                            .withOnTimeout(OnTimeout.CANCEL)
                            .withBytesPerSecond(4 * MIB);
            MigrationSource migration = new MigrationSource(source.machine, options, here);
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertTrue(e.getMessage().contains("--on-timeout force"), e.getMessage());
            assertEquals(GuestIs.HERE, e.guestIs());
            assertEquals(Stage.FAILED, migration.progress().stage());
            isHereAsItWas(source, ferry);
        }
    }

    @Test
    void oneThatIsCancelledOnTheWayStaysHere() throws Exception {
        try (TestGuest source = dirty(20, 16);
                Ferry ferry = new Ferry(there)) {
            MigrationOptions options = ferry.options().withBytesPerSecond(2 * MIB);
            MigrationSource migration = new MigrationSource(source.machine, options, here);
            Thread canceller =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        while (migration.progress().sentBytes() == 0) {
                                            Thread.onSpinWait();
                                        }
                                        migration.cancel();
                                    });
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            canceller.join();
            assertEquals(GuestIs.HERE, e.guestIs());
            isHereAsItWas(source, ferry);
        }
    }
}
