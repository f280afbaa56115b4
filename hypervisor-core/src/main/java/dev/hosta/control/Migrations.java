package dev.hosta.control;

import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.MigrationOptions;
import dev.hosta.migration.MigrationReport;
import dev.hosta.migration.MigrationSource;
import dev.hosta.migration.Settlement;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The migrations of a VM to elsewhere, one at a time.
 *
 * <p>Whoever closes a machine first has its migration {@linkplain #settle settled}, as that reads
 * the machine's memory.
 *
 * <p>Threading: any thread.
 */
public final class Migrations {
    // Guarded by this object's monitor.
    private Optional<MigrationSource> running = Optional.empty();
    private Optional<MigrationSource> last = Optional.empty();
    private String lastTo = "";
    private Optional<String> goneTo = Optional.empty();
    private Optional<MigrationSource> unknown = Optional.empty();
    private boolean settled;

    /** Nothing sent yet. */
    public Migrations() {}

    /**
     * Sends a machine, and is back when it runs over there.
     *
     * @param folder takes the record of the hand-over
     * @throws MigrationException where it does not run over there, or may or may not
     * @throws CallException where it is being sent, or has gone
     */
    MigrationReport send(VirtualMachine vm, MigrationOptions options, Path folder) {
        MigrationSource source = begin(vm, options, folder);
        Optional<String> gone = Optional.empty();
        Optional<MigrationSource> lost = Optional.empty();
        try {
            MigrationReport report = source.run();
            gone = Optional.of(report.to());
            return report;
        } catch (MigrationException e) {
            lost =
                    e.guestIs() == MigrationException.GuestIs.UNKNOWN
                            ? Optional.of(source)
                            : Optional.empty();
            throw e;
        } finally {
            end(gone, lost);
        }
    }

    private synchronized MigrationSource begin(
            VirtualMachine vm, MigrationOptions options, Path folder) {
        if (running.isPresent() || goneTo.isPresent() || unknown.isPresent() || settled) {
            throw new CallException(405, "The VM is being migrated, or ends.");
        }
        MigrationSource source = new MigrationSource(vm, options, folder);
        running = Optional.of(source);
        last = running;
        lastTo = options.to().text();
        return source;
    }

    private synchronized void end(Optional<String> gone, Optional<MigrationSource> lost) {
        running = Optional.empty();
        goneTo = gone;
        unknown = lost;
        notifyAll();
    }

    /**
     * Settles a migration whose outcome is not known; see {@link MigrationSource#settle}.
     *
     * @throws CallException where there is none
     */
    Settlement resolve(Settlement.Force force) {
        MigrationSource source = beginToSettle();
        Optional<String> gone = Optional.empty();
        Optional<MigrationSource> lost = Optional.of(source);
        try {
            Settlement settlement = source.settle(force);
            switch (settlement.guestIs()) {
                case HERE -> lost = Optional.empty();
                case THERE -> {
                    lost = Optional.empty();
                    gone = Optional.of(source.to());
                }
                case UNKNOWN -> {}
            }
            return settlement;
        } finally {
            end(gone, lost);
        }
    }

    private synchronized MigrationSource beginToSettle() {
        if (unknown.isEmpty() || settled) {
            throw new CallException(405, "No migration of the VM is unsettled.");
        }
        running = unknown;
        unknown = Optional.empty();
        return running.get();
    }

    /** Where the guest is now; empty where it is not known to have gone. */
    public synchronized Optional<String> goneTo() {
        return goneTo;
    }

    /** How far the migration is, or how far the last one came; empty before the first. */
    synchronized Map<String, Object> progress() {
        return last.map(source -> MigrationForm.of(lastTo, source.progress())).orElse(Map.of());
    }

    /** Ends the migration under way, soon; false where there is none. */
    synchronized boolean cancel() {
        running.ifPresent(MigrationSource::cancel);
        return running.isPresent();
    }

    /** Ends the migration under way, if any, and waits for its end; none begins afterwards. */
    public synchronized void settle() {
        settled = true;
        running.ifPresent(MigrationSource::cancel);
        boolean interrupted = false;
        while (running.isPresent()) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Another machine begins, of which nothing was sent. */
    public synchronized void forget() {
        settled = false;
        unknown = Optional.empty();
        last = Optional.empty();
        goneTo = Optional.empty();
    }
}
