package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;

import java.util.concurrent.TimeUnit;

/**
 * What is asked of a destination about one guest that was handed over to it.
 *
 * <p>Threading: one thread at a time.
 */
final class Inquiry {
    private static final System.Logger LOG = System.getLogger(Inquiry.class.getName());
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** What the destination says of the guest. */
    sealed interface Word {
        /** It runs there. */
        record Runs() implements Word {}

        /** It never ran there and never will. */
        record Aborted(String reason) implements Word {}

        /** It does not run there yet, or nothing is known of it. */
        record Refused(String reason) implements Word {}

        /** The destination says nothing. */
        record Unreachable(String reason) implements Word {}
    }

    private final SourceConnection connection;
    private final String token;
    private long resumeNanos;

    Inquiry(SourceConnection connection, String token) {
        this.connection = connection;
        this.token = token;
    }

    /**
     * Asks over a new connection.
     *
     * @param order GO or TAKE_BACK
     */
    Word ask(FrameType order) {
        try {
            return ask(connection.connect(), order);
        } catch (MigrationException e) {
            return new Word.Unreachable(String.valueOf(e.getMessage()));
        }
    }

    /** Asks over an open connection. */
    Word ask(FrameStream stream, FrameType order) {
        try {
            stream.send(order, Message.write(new Message.Token(token)));
            Frame answer = stream.receive(ANSWER_NANOS);
            return switch (answer.type()) {
                case CANCEL ->
                        new Word.Refused(
                                Message.printable(
                                        Message.read(answer, Message.Cancel.class).reason()));
                case ABORTED -> {
                    Message.Aborted aborted = Message.read(answer, Message.Aborted.class);
                    requireOwn(aborted.token());
                    yield new Word.Aborted(Message.printable(aborted.reason()));
                }
                default -> {
                    Message.require(answer, FrameType.RUNNING);
                    Message.Running running = Message.read(answer, Message.Running.class);
                    requireOwn(running.token());
                    resumeNanos = running.resumeNanos();
                    yield new Word.Runs();
                }
            };
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "No answer to the hand-over: " + e.getMessage());
            return new Word.Unreachable(String.valueOf(e.getMessage()));
        }
    }

    /** How long it took the destination to let the guest run, as it says. */
    long resumeNanos() {
        return resumeNanos;
    }

    private void requireOwn(String answered) {
        if (!answered.equals(token)) {
            throw new MigrationException("The peer answered for another migration.");
        }
    }

    /** Tells the destination, on the connection that answered, that its answer has come. */
    void tellHeard() {
        try {
            connection
                    .open()
                    .ifPresent(
                            stream ->
                                    stream.send(
                                            FrameType.HEARD,
                                            Message.write(new Message.Token(token))));
        } catch (MigrationException e) {
            // It keeps its record a while longer; what became of the guest is settled all the same.
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
    }
}
