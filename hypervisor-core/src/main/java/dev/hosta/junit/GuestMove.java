package dev.hosta.junit;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.HostThread;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Landing;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationDestination;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.MigrationOptions;
import dev.hosta.migration.MigrationOptions.OnTimeout;
import dev.hosta.migration.MigrationReport;
import dev.hosta.migration.MigrationSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A guest of a test on its way to another machine.
 *
 * <p>Threading: the test's thread; the other side within this process has one of its own.
 */
final class GuestMove {
    private GuestMove() {}

    /** Moves it to a new machine in this process. */
    static MigrationReport here(GuestRun run, VirtualMachine from) {
        Path folder = run.scratch().folder();
        MigrationAddress address = MigrationAddress.parse("unix:" + folder.resolve("migration"));
        CompletableFuture<VirtualMachine> arrived = new CompletableFuture<>();
        MigrationReport report;
        boolean taken = false;
        try (MigrationDestination destination =
                MigrationDestination.listen(address, Optional.empty())) {
            Thread waiting =
                    new Thread(() -> await(destination, run, arrived), run.name() + "-arrival");
            waiting.setDaemon(true);
            HostThread.start(waiting);
            report = new MigrationSource(from, options(address, run.patience()), folder).run();
            VirtualMachine machine = arrival(arrived, run.patience());
            taken = true;
            run.takeOff();
            run.begin(machine);
        } finally {
            // What comes nevertheless is closed by the one that waits for it.
            if (!taken && !arrived.cancel(false) && !arrived.isCompletedExceptionally()) {
                arrived.join().close();
            }
        }
        return report;
    }

    private static void await(
            MigrationDestination destination,
            GuestRun run,
            CompletableFuture<VirtualMachine> arrived) {
        try {
            VirtualMachine machine = destination.await(new Arriving(run));
            if (!arrived.complete(machine)) {
                machine.close();
            }
        } catch (RuntimeException e) {
            arrived.completeExceptionally(e);
        }
    }

    private static VirtualMachine arrival(
            CompletableFuture<VirtualMachine> arrived, Duration patience) {
        try {
            return arrived.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | InterruptedException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new MigrationException("The guest left and did not arrive.", e);
        } catch (ExecutionException e) {
            throw new MigrationException(
                    "The guest left and did not arrive: " + e.getCause().getMessage(), e);
        }
    }

    /** Moves it to where another process waits for it. */
    static MigrationReport to(String address, GuestRun run, VirtualMachine from) {
        MigrationAddress there =
                MigrationAddress.parse(address).requireSafe(false, Optional.empty());
        MigrationReport report =
                new MigrationSource(from, options(there, run.patience()), run.scratch().folder())
                        .run();
        run.leave("has gone to " + there.text());
        return report;
    }

    private static MigrationOptions options(MigrationAddress to, Duration patience) {
        return new MigrationOptions(to)
                .withTimes(MigrationOptions.DOWNTIME, patience, patience)
                .withOnTimeout(OnTimeout.FORCE);
    }

    /** Where it arrives in this process. */
    private record Arriving(GuestRun run) implements Landing {
        @Override
        public MachineSpec specOf(MachineSpec sent) {
            return sent;
        }

        @Override
        public void claim(MachineSpec spec) {}

        @Override
        public Path records() {
            return run.scratch().folder().resolve("records");
        }

        @Override
        public ConsoleOutput console() {
            return run.feed();
        }

        @Override
        public Optional<StdioPort> terminal() {
            return Optional.empty();
        }

        @Override
        public void makeReady(VirtualMachine machine) {
            run.connect(machine);
        }

        @Override
        public void cannotRunYet(RuntimeException why) {
            log(why);
        }

        @Override
        public void givenUp(RuntimeException why) {
            log(why);
        }

        private void log(RuntimeException why) {
            System.getLogger(GuestMove.class.getName())
                    .log(System.Logger.Level.WARNING, "{0}: {1}", run.name(), why.getMessage());
        }
    }
}
