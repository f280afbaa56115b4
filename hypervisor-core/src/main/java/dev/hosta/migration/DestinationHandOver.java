package dev.hosta.migration;

import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.Listener.Opened;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The destination's part of the hand-over: waits for the source's word, and answers for what became
 * of the guest until the source has heard.
 *
 * <p>Threading: one thread; once the guest runs, one of its own answers.
 */
final class DestinationHandOver {
    private static final System.Logger LOG = System.getLogger(DestinationHandOver.class.getName());
    private static final long WORD_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Listener listener;

    /** Tokens of guests that came here, never ran, and are gone. */
    private final Set<String> aborted = new HashSet<>();

    DestinationHandOver(Listener listener) {
        this.listener = listener;
    }

    /**
     * Waits for GO on the connection at hand, and on new ones where that is lost; for ever, since
     * only the source may decide.
     *
     * @return the connection that said so; empty where the source keeps the guest
     */
    Optional<FrameStream> awaitWord(FrameStream first, Arrival arrival) {
        Optional<Frame> word = wordOn(first);
        FrameStream stream = first;
        while (true) {
            if (word.isPresent() && word.get().type() == FrameType.GO) {
                String token = Message.read(word.get(), Message.Token.class).token();
                if (arrival.token().equals(token)) {
                    return Optional.of(stream);
                }
            } else if (word.isPresent() && word.get().type() == FrameType.CANCEL) {
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

    /** Runs the guest, and says so on this connection or on later ones. */
    VirtualMachine run(Arrival arrival, FrameStream stream) {
        long told = System.nanoTime();
        VirtualMachine machine;
        try {
            machine = arrival.go();
        } catch (RuntimeException e) {
            arrival.close();
            aborted.add(arrival.token());
            sendAborted(stream, arrival.token(), String.valueOf(e.getMessage()));
            throw e;
        }
        Message.Running answer = new Message.Running(arrival.token(), System.nanoTime() - told);
        Thread.ofPlatform()
                .daemon()
                .name("migration-answer")
                .start(() -> answerUntilHeard(arrival, answer, stream));
        return machine;
    }

    /** Tells the source, on whatever connection it comes by, until it has heard. */
    private void answerUntilHeard(Arrival arrival, Message.Running answer, FrameStream first) {
        FrameStream stream = first;
        try {
            while (!tell(answer, stream)) {
                stream.close();
                stream = listener.next(arrival.id()).stream();
            }
            arrival.heard();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source was not told: " + e.getMessage());
        } finally {
            stream.close();
            listener.close();
        }
    }

    private static boolean tell(Message.Running answer, FrameStream stream) {
        try {
            stream.send(FrameType.RUNNING, Message.write(answer));
            Message.require(stream.receive(Link.SILENCE_NANOS), FrameType.HEARD);
            return true;
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source has not heard: " + e.getMessage());
            return false;
        }
    }

    /**
     * Answers a source that asks again for a guest that is no more.
     *
     * @throws MigrationException where nothing is known of it
     */
    void answerLate(Opened opened) {
        String token = Message.read(opened.first(), Message.Token.class).token();
        if (!aborted.contains(token)) {
            throw new MigrationException("Nothing is known of this hand-over here.");
        }
        sendAborted(opened.stream(), token, "the guest could not be run");
        opened.stream().finish();
    }

    private static void sendAborted(FrameStream stream, String token, String reason) {
        Message.Aborted answer = new Message.Aborted(token, Message.printable(reason));
        stream.send(FrameType.ABORTED, Message.write(answer));
    }
}
