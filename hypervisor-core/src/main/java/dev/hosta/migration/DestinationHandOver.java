package dev.hosta.migration;

import dev.hosta.linux.DiskException;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.StandbyThread;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;
import dev.hosta.migration.Listener.Opened;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The destination's part of the hand-over: waits for the source's word, and answers for what became
 * of the guest until the source has heard.
 *
 * <p>Threading: one thread; once the guest runs, one that was there before answers.
 */
final class DestinationHandOver {
    private static final System.Logger LOG = System.getLogger(DestinationHandOver.class.getName());
    private static final long WORD_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final String LOST = "it did not run there, and its memory is gone";

    private final Listener listener;
    private final Landing landing;
    private final Provisions provisions;

    /**
     * Nothing is promised yet.
     *
     * @param provisions for the moment in which the guest goes on
     */
    DestinationHandOver(Listener listener, Landing landing, Provisions provisions) {
        this.listener = listener;
        this.landing = landing;
        this.provisions = provisions;
    }

    /**
     * Waits for GO on the connection at hand, and on new ones where that is lost; for ever, since
     * only the source may decide. The guest and its disks are this side's when this is back with a
     * connection.
     *
     * @return the connection that said so; empty where the source has the guest
     */
    Optional<FrameStream> awaitWord(FrameStream first, Arrival arrival) {
        Optional<Frame> word = wordOn(first);
        provisions.close();
        FrameStream stream = first;
        while (true) {
            if (word.isPresent() && isOrder(word.get(), arrival.token())) {
                if (word.get().type() == FrameType.TAKE_BACK) {
                    if (isGivenBack(arrival, stream)) {
                        return Optional.empty();
                    }
                } else if (isTaken(arrival, stream)) {
                    return Optional.of(stream);
                }
            } else if (word.isPresent() && word.get().type() == FrameType.CANCEL) {
                arrival.forget();
                return Optional.empty();
            }
            stream.close();
            Opened again = listener.next(arrival.id());
            stream = again.stream();
            word = Optional.of(again.first());
        }
    }

    private static Optional<Frame> wordOn(FrameStream stream) {
        try {
            return Optional.of(stream.receive(WORD_NANOS));
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source is lost: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Whether it is GO or TAKE_BACK, for this guest. */
    private static boolean isOrder(Frame frame, String token) {
        if (frame.type() != FrameType.GO && frame.type() != FrameType.TAKE_BACK) {
            return false;
        }
        try {
            return Message.read(frame, Message.Token.class).token().equals(token);
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "An order that is none: " + e.getMessage());
            return false;
        }
    }

    /** Takes guest and disks, or says to both sides why the guest stays paused. */
    private boolean isTaken(Arrival arrival, FrameStream stream) {
        try {
            arrival.take();
            return true;
        } catch (DiskException | LinuxException | MigrationException e) {
            landing.cannotRunYet(e);
            Listener.refuse(stream, e);
            return false;
        }
    }

    private static boolean isGivenBack(Arrival arrival, FrameStream stream) {
        ArrivalRecords.Held held;
        try {
            held = arrival.abort();
        } catch (MigrationException e) {
            Listener.refuse(stream, e);
            return false;
        }
        try (held) {
            if (answerAborted(stream, arrival.token(), "the source took the guest back")) {
                held.remove();
            }
        }
        return true;
    }

    /**
     * Runs the guest that was taken, and says so on this connection or on later ones. It is this
     * side's whatever fails here: then it stays paused.
     *
     * @param answering goes on to answer the source until it has heard
     */
    void run(Arrival arrival, FrameStream stream, StandbyThread answering) {
        long taken = System.nanoTime();
        try {
            arrival.run();
        } catch (RuntimeException e) {
            landing.cannotRunYet(e);
        }
        Message.Running answer = new Message.Running(arrival.token(), System.nanoTime() - taken);
        boolean said = say(stream, FrameType.RUNNING, answer);
        answering.begin(() -> answerUntilHeard(arrival, answer, stream, said));
    }

    /**
     * Tells the source, on whatever connection it comes by, until it has heard.
     *
     * @param said whether it was told on the first one
     */
    private void answerUntilHeard(
            Arrival arrival, Message.Running answer, FrameStream first, boolean said) {
        FrameStream stream = first;
        try {
            boolean heard = said && isHeard(stream);
            while (!heard) {
                stream.close();
                stream = listener.next(arrival.id()).stream();
                heard = told(stream, FrameType.RUNNING, answer);
            }
            arrival.heard();
        } catch (MigrationException | DiskException | LinuxException e) {
            LOG.log(System.Logger.Level.INFO, "The hand-over leaves a record: " + e.getMessage());
        } finally {
            stream.close();
            listener.close();
        }
    }

    /**
     * Answers a source that asks again for a guest of a process that has ended, or that is no more
     * in this one: what is written down, and is now kept for ever.
     *
     * @throws MigrationException where nothing is known of it
     */
    static void answerLate(Opened opened, ArrivalRecords records) {
        String token = Message.read(opened.first(), Message.Token.class).token();
        try (ArrivalRecords.Held held = records.find(token).orElseThrow(() -> nothingKnown())) {
            Entry entry =
                    held.read()
                            .filter(one -> one.id().equals(opened.id()))
                            .orElseThrow(() -> nothingKnown());
            boolean heard =
                    switch (entry.decision()) {
                        case RUNNING -> tellRunning(opened.stream(), token);
                        case READY -> {
                            held.write(entry.decided(Decision.ABORTED));
                            yield answerAborted(opened.stream(), token, LOST);
                        }
                        case ABORTED -> answerAborted(opened.stream(), token, LOST);
                        case HANDED_OVER -> throw nothingKnown();
                    };
            if (heard) {
                held.remove();
                Leases.sweep(entry);
            }
        }
        opened.stream().finish();
    }

    private static MigrationException nothingKnown() {
        return new MigrationException("Nothing is known of this hand-over here.");
    }

    private static boolean answerAborted(FrameStream stream, String token, String reason) {
        Message.Aborted answer = new Message.Aborted(token, Message.printable(reason));
        return told(stream, FrameType.ABORTED, answer);
    }

    private static boolean tellRunning(FrameStream stream, String token) {
        return told(stream, FrameType.RUNNING, new Message.Running(token, 0));
    }

    private static boolean told(FrameStream stream, FrameType type, Record message) {
        return say(stream, type, message) && isHeard(stream);
    }

    private static boolean say(FrameStream stream, FrameType type, Record message) {
        try {
            stream.send(type, Message.write(message));
            return true;
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source was not told: " + e.getMessage());
            return false;
        }
    }

    private static boolean isHeard(FrameStream stream) {
        try {
            Message.require(stream.receive(Link.SILENCE_NANOS), FrameType.HEARD);
            return true;
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source has not heard: " + e.getMessage());
            return false;
        }
    }
}
