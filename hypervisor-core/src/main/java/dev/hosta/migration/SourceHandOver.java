package dev.hosta.migration;

import dev.hosta.linux.DiskException;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;
import dev.hosta.migration.Inquiry.Word;
import dev.hosta.migration.MigrationException.GuestIs;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The source's part of the hand-over: writes down that the guest is the destination's, gives its
 * disks away, and tells the destination until it has answered.
 *
 * <p>Threading: one thread at a time.
 */
final class SourceHandOver {
    private static final System.Logger LOG = System.getLogger(SourceHandOver.class.getName());
    private static final long RETRY_MILLIS = 200;
    private static final int MOST_REMINDERS = 3;

    private final VirtualMachine machine;
    private final MigrationOptions options;
    private final SourceConnection connection;
    private final CountDownLatch cancelled;
    private final HandOverRecord record;
    private final Leases leases;
    private String token = "";
    private Inquiry inquiry;

    /**
     * Nothing is handed over yet.
     *
     * @param cancelled at zero, new connections are no longer tried
     * @param folder takes the record
     */
    SourceHandOver(
            VirtualMachine machine,
            MigrationOptions options,
            SourceConnection connection,
            CountDownLatch cancelled,
            Path folder) {
        this.machine = machine;
        this.options = options;
        this.connection = connection;
        this.cancelled = cancelled;
        this.record = new HandOverRecord(folder);
        this.leases = new Leases(machine.spec());
        this.inquiry = new Inquiry(connection, token);
    }

    /** Shows, beside the disks, which migration they are in. */
    void offer() {
        leases.offer(connection.id());
    }

    /**
     * Decides that the guest is the destination's; back when that is on the disk, and the disks are
     * free.
     *
     * @param promised the token of the destination's READY
     */
    void decide(String promised) {
        token = promised;
        inquiry = new Inquiry(connection, token);
        leases.handOver(token);
        record.write(
                new Entry(
                        Decision.HANDED_OVER,
                        token,
                        connection.id(),
                        machine.spec().name(),
                        options.to().text(),
                        leases.terms()));
        machine.disks().letGo();
    }

    /**
     * Tells the destination, again and again until it has answered or the time is up. One that
     * cannot run the guest by then is asked to give it back.
     *
     * @return {@link Word.Runs} or {@link Word.Aborted}
     * @throws MigrationException where neither is known
     */
    Word complete(FrameStream first) {
        long deadline = System.nanoTime() + options.handOver().toNanos();
        Word word = inquiry.ask(first, FrameType.GO);
        while (!isLast(word) && System.nanoTime() - deadline < 0 && cancelled.getCount() > 0) {
            connection.close();
            word = inquiry.ask(FrameType.GO);
            if (!isLast(word)) {
                awaitRetry();
            }
        }
        if (word instanceof Word.Refused) {
            connection.close();
            word = askBack(word);
        }
        return switch (word) {
            case Word.Runs runs -> runs;
            case Word.Aborted aborted -> aborted;
            case Word.Refused(String why) ->
                    throw unknown("which does not run it: " + why + " It stays paused here.");
            case Word.Unreachable gone ->
                    throw unknown("which does not answer: it may run there. It stays paused here.");
        };
    }

    /** How long it took the destination to let the guest run, as it says. */
    long resumeNanos() {
        return inquiry.resumeNanos();
    }

    private static boolean isLast(Word word) {
        return word instanceof Word.Runs || word instanceof Word.Aborted;
    }

    private MigrationException unknown(String why) {
        return new MigrationException(
                "The guest was handed over to "
                        + options.to().text()
                        + ", "
                        + why
                        + " Settle it with 'hosta migrate "
                        + machine.spec().name()
                        + " --resolve'.",
                null,
                GuestIs.UNKNOWN);
    }

    /** With the disks in hand, so that what comes back can go on. */
    private Word askBack(Word otherwise) {
        try {
            machine.disks().takeUp();
            leases.requireOf(token);
        } catch (RuntimeException e) {
            machine.disks().letGo();
            LOG.log(System.Logger.Level.INFO, "The guest is not asked back: " + e.getMessage());
            return otherwise;
        }
        Word word = inquiry.ask(FrameType.TAKE_BACK);
        if (!(word instanceof Word.Aborted)) {
            machine.disks().letGo();
        }
        return isLast(word) ? word : otherwise;
    }

    private void awaitRetry() {
        try {
            cancelled.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancelled.countDown();
        }
    }

    /**
     * Asks over a new connection.
     *
     * @param order GO or TAKE_BACK
     */
    Word ask(FrameType order) {
        return inquiry.ask(order);
    }

    /** What became of the guest is settled: the destination hears so, and what is kept goes. */
    void over() {
        inquiry.tellHeard();
        removeRecord();
        // One that listens still and knows of it has not heard.
        for (int time = 0; time < MOST_REMINDERS; time++) {
            connection.finish();
            if (!isLast(inquiry.ask(FrameType.GO))) {
                return;
            }
            inquiry.tellHeard();
        }
    }

    /**
     * Takes the guest back on the destination's own word, which is durable.
     *
     * @throws MigrationException where the disks cannot be had any more: nothing has changed
     */
    void takeBack() {
        try {
            machine.disks().takeUp();
            leases.end(token);
        } catch (RuntimeException e) {
            machine.disks().letGo();
            throw new MigrationException(
                    "The other side gave the guest back, and it cannot go on here: "
                            + e.getMessage()
                            + " It stays paused.",
                    e,
                    GuestIs.UNKNOWN);
        }
        inquiry.tellHeard();
        removeRecord();
    }

    /**
     * Takes the guest back on a person's word.
     *
     * @throws MigrationException where the disks or their leases show that the destination, or
     *     somebody else, has begun
     */
    void takeByForce() {
        try {
            machine.disks().takeUp();
            leases.withdraw();
        } catch (RuntimeException e) {
            machine.disks().letGo();
            throw new MigrationException(
                    "The guest cannot be taken back by force: " + e.getMessage(),
                    e,
                    GuestIs.UNKNOWN);
        }
        removeRecord();
    }

    /** Nothing is decided any more, or it was not: the disks and their leases are as before. */
    void undo() {
        try {
            machine.disks().takeUp();
            leases.withdraw();
        } catch (DiskException | LinuxException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
        }
        removeRecord();
    }

    private void removeRecord() {
        try {
            record.remove();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
        }
    }
}
