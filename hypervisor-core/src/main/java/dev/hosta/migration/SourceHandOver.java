package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.MigrationException.GuestIs;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The source's part of the hand-over: writes down that the guest is the destination's, and tells
 * that until it has answered.
 *
 * <p>Threading: one thread.
 */
final class SourceHandOver {
    private static final System.Logger LOG = System.getLogger(SourceHandOver.class.getName());
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long RETRY_MILLIS = 200;

    private final MigrationOptions options;
    private final SourceConnection connection;
    private final CountDownLatch cancelled;
    private final HandOverRecord record;
    private String token = "";
    private long resumeNanos;

    /**
     * Nothing is handed over yet.
     *
     * @param cancelled at zero, new connections are no longer tried
     * @param folder takes the record
     */
    SourceHandOver(
            MigrationOptions options,
            SourceConnection connection,
            CountDownLatch cancelled,
            Path folder) {
        this.options = options;
        this.connection = connection;
        this.cancelled = cancelled;
        this.record = new HandOverRecord(folder);
    }

    /**
     * Decides that the guest is the destination's; back when that is on the disk.
     *
     * @param promised the token of the destination's READY
     */
    void decide(String promised) {
        token = promised;
        record.write(Decision.HANDED_OVER, token, options.to().text());
    }

    /**
     * Tells the destination, again and again until it has answered or the time is up.
     *
     * @return empty where it runs the guest; else why it never will
     * @throws MigrationException where neither is known
     */
    Optional<String> complete(FrameStream first) {
        long deadline = System.nanoTime() + options.handOver().toNanos();
        FrameStream stream = first;
        while (true) {
            try {
                return go(stream);
            } catch (MigrationException e) {
                LOG.log(System.Logger.Level.INFO, "No answer to the hand-over: " + e.getMessage());
                connection.close();
            }
            stream = reconnect(deadline);
        }
    }

    /** How long it took the destination to let the guest run, as it says. */
    long resumeNanos() {
        return resumeNanos;
    }

    private Optional<String> go(FrameStream stream) {
        stream.send(FrameType.GO, Message.write(new Message.Token(token)));
        Frame answer = stream.receive(ANSWER_NANOS);
        if (answer.type() == FrameType.ABORTED) {
            Message.Aborted aborted = Message.read(answer, Message.Aborted.class);
            requireOwn(aborted.token());
            return Optional.of(Message.printable(aborted.reason()));
        }
        Message.Running running =
                Message.read(Message.require(answer, FrameType.RUNNING), Message.Running.class);
        requireOwn(running.token());
        resumeNanos = running.resumeNanos();
        tellHeard(stream);
        return Optional.empty();
    }

    private void requireOwn(String answered) {
        if (!answered.equals(token)) {
            throw new MigrationException("The peer answered for another migration.");
        }
    }

    private void tellHeard(FrameStream stream) {
        try {
            stream.send(FrameType.HEARD, Message.write(new Message.Token(token)));
        } catch (MigrationException e) {
            // It keeps its record a while longer; the guest runs there all the same.
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
    }

    private FrameStream reconnect(long deadline) {
        do {
            try {
                return connection.connect();
            } catch (MigrationException e) {
                connection.close();
                awaitRetry();
            }
        } while (System.nanoTime() - deadline < 0 && cancelled.getCount() > 0);
        throw new MigrationException(
                "The guest was handed over to "
                        + options.to().text()
                        + ", which does not answer: it may run there. It stays paused here.",
                null,
                GuestIs.UNKNOWN);
    }

    private void awaitRetry() {
        try {
            cancelled.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancelled.countDown();
        }
    }

    /** Nothing is decided any more, or all is known: the record goes. */
    void forget() {
        try {
            record.remove();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
        }
    }
}
