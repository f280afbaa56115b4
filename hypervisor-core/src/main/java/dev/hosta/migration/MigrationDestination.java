package dev.hosta.migration;

import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.FrameStream.Frame;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The side of a migration that a guest comes to: it listens, takes one guest, and runs it once the
 * source has said so.
 *
 * <p>A connection that speaks no such protocol, or a migration that fails before the guest is this
 * side's, costs nothing: it listens on.
 *
 * <p>Threading: {@link #await} once, on one thread; {@link #close} by any.
 */
public final class MigrationDestination implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(MigrationDestination.class.getName());
    private static final long WORD_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final ServerSocketChannel server;

    /** Tokens of guests that came here, never ran, and are gone. */
    private final Set<String> aborted = new HashSet<>();

    private MigrationDestination(ServerSocketChannel server) {
        this.server = server;
    }

    /**
     * Listens.
     *
     * @throws MigrationException where the host does not allow it
     */
    public static MigrationDestination listen(MigrationAddress at) {
        return new MigrationDestination(at.listen());
    }

    /** Where it listens; with the port that the host chose where none was given. */
    public SocketAddress address() {
        try {
            return server.getLocalAddress();
        } catch (IOException e) {
            throw new MigrationException("Cannot listen any more: " + e.getMessage() + ".", e);
        }
    }

    /** What a connection is about, once it has said hello. */
    private record Opened(FrameStream stream, String id, Frame first) {}

    /**
     * Waits for a guest.
     *
     * @return the guest, which runs, or is paused as it was at the source
     * @throws MigrationException where nothing can come any more
     */
    public VirtualMachine await(Landing landing) {
        while (true) {
            Optional<Opened> opened = open();
            if (opened.isPresent()) {
                Optional<VirtualMachine> machine = serve(opened.get(), landing);
                if (machine.isPresent()) {
                    return machine.get();
                }
            }
        }
    }

    /** The next connection that speaks the protocol; empty where the next one does not. */
    private Optional<Opened> open() {
        FrameStream stream;
        try {
            stream = FrameStream.over(server.accept());
        } catch (IOException e) {
            throw new MigrationException("Cannot listen any more: " + e.getMessage() + ".", e);
        }
        try {
            Frame frame = Message.require(stream.receive(Link.SILENCE_NANOS), FrameType.HELLO);
            Message.Hello hello = Message.read(frame, Message.Hello.class);
            String id = Tokens.require(hello.id());
            if (!hello.versions().contains(MigrationSource.VERSION)) {
                throw new MigrationException(
                        "This build speaks version " + MigrationSource.VERSION + " only.");
            }
            Message.Choice choice = new Message.Choice(MigrationSource.VERSION, List.of());
            stream.send(FrameType.CHOICE, Message.write(choice));
            return Optional.of(new Opened(stream, id, stream.receive(Link.SILENCE_NANOS)));
        } catch (MigrationException e) {
            refuse(stream, e);
            return Optional.empty();
        }
    }

    private static void refuse(FrameStream stream, RuntimeException why) {
        LOG.log(System.Logger.Level.INFO, "A connection was refused: " + why.getMessage());
        try {
            Message.Cancel cancel =
                    new Message.Cancel(Message.printable(String.valueOf(why.getMessage())));
            stream.send(FrameType.CANCEL, Message.write(cancel));
            stream.finish();
        } catch (MigrationException e) {
            // It is gone, and needs no reason any more.
            stream.close();
        }
    }

    private Optional<VirtualMachine> serve(Opened opened, Landing landing) {
        FrameStream stream = opened.stream();
        Message.Reserve wanted;
        try {
            if (opened.first().type() == FrameType.GO) {
                answerLate(opened);
                return Optional.empty();
            }
            Frame frame = Message.require(opened.first(), FrameType.RESERVE);
            wanted = Message.read(frame, Message.Reserve.class);
        } catch (MigrationException e) {
            refuse(stream, e);
            return Optional.empty();
        }
        try {
            return receive(stream, wanted, opened.id(), landing);
        } catch (RuntimeException e) {
            landing.givenUp(e);
            refuse(stream, e);
            return Optional.empty();
        }
    }

    /** A source that asks again for a guest that is no more. */
    private void answerLate(Opened opened) {
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

    private Optional<VirtualMachine> receive(
            FrameStream stream, Message.Reserve wanted, String id, Landing landing) {
        try (Arrival arrival = Arrival.reserve(wanted, id, landing)) {
            stream.send(FrameType.RESERVED, Message.write(new Message.Reserved()));
            arrival.receive(stream);
            arrival.ready(stream);
            Optional<FrameStream> told = awaitWord(stream, arrival);
            if (told.isEmpty()) {
                throw new MigrationException("The source kept the guest.");
            }
            return Optional.of(run(arrival, told.get()));
        }
    }

    /**
     * Waits for GO on the connection at hand, and on new ones where that is lost; for ever, since
     * only the source may decide.
     *
     * @return the connection that said so; empty where the source keeps the guest
     */
    private Optional<FrameStream> awaitWord(FrameStream first, Arrival arrival) {
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
            Opened next = reopened(arrival);
            stream = next.stream();
            word = Optional.of(next.first());
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

    /** The next connection that speaks of this migration. */
    private Opened reopened(Arrival arrival) {
        while (true) {
            Optional<Opened> opened = open();
            if (opened.isPresent()) {
                if (opened.get().id().equals(arrival.id())) {
                    return opened.get();
                }
                refuse(
                        opened.get().stream(),
                        new MigrationException("Another guest is being taken here."));
            }
        }
    }

    private VirtualMachine run(Arrival arrival, FrameStream stream) {
        VirtualMachine machine;
        try {
            machine = arrival.go();
        } catch (RuntimeException e) {
            arrival.close();
            aborted.add(arrival.token());
            sendAborted(stream, arrival.token(), String.valueOf(e.getMessage()));
            throw e;
        }
        Thread.ofPlatform()
                .daemon()
                .name("migration-answer")
                .start(() -> answerUntilHeard(arrival, stream));
        return machine;
    }

    /** Tells the source, on whatever connection it comes by, until it has heard. */
    private void answerUntilHeard(Arrival arrival, FrameStream first) {
        FrameStream stream = first;
        try {
            while (!tell(arrival, stream)) {
                stream.close();
                stream = reopened(arrival).stream();
            }
            arrival.heard();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source was not told: " + e.getMessage());
        } finally {
            stream.close();
            close();
        }
    }

    private static boolean tell(Arrival arrival, FrameStream stream) {
        try {
            stream.send(FrameType.RUNNING, Message.write(new Message.Token(arrival.token())));
            Message.require(stream.receive(Link.SILENCE_NANOS), FrameType.HEARD);
            return true;
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The source has not heard: " + e.getMessage());
            return false;
        }
    }

    /** Listens no more; who waits for a guest waits in vain. Idempotent. */
    @Override
    public void close() {
        try {
            if (server.isOpen() && address() instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
            server.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "The address stays: " + e.getMessage());
        }
    }
}
