package dev.hosta.migration;

import dev.hosta.linux.LinuxException;
import dev.hosta.migration.FrameStream.Frame;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where sources connect to: takes connections that speak the protocol, and refuses others.
 *
 * <p>Threading: one of its own takes connections; one thread at a time waits; any closes.
 */
final class Listener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Listener.class.getName());

    /** One whose beat is heard may be slow at its first words, on which nothing depends yet. */
    private static final long WORD_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final ServerSocketChannel server;
    private final Optional<? extends Encryption> tls;
    private final Acceptor acceptor;

    /**
     * Listens.
     *
     * @param tls who this side is; empty takes plain connections
     * @throws MigrationException where the host does not allow it
     */
    Listener(MigrationAddress at, Optional<? extends Encryption> tls) {
        this.server = at.listen();
        this.tls = tls;
        try {
            this.acceptor =
                    new Acceptor(
                            server, accepted -> FrameStream.over(Link.accepted(accepted, tls)));
        } catch (LinuxException e) {
            close(server);
            throw e;
        }
    }

    private static void close(ServerSocketChannel server) {
        try {
            server.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "The address stays: " + e.getMessage());
        }
    }

    /** Where it listens; with the port that the host chose where none was given. */
    SocketAddress address() {
        try {
            return server.getLocalAddress();
        } catch (IOException e) {
            throw new MigrationException("Cannot listen any more: " + e.getMessage() + ".", e);
        }
    }

    /** What a connection is about, once it has said hello. */
    record Opened(FrameStream stream, String id, List<String> features, Frame first) {
        /** Whether pages may be packed. */
        boolean packs() {
            return features.contains(PagePacking.FEATURE);
        }
    }

    /**
     * The next connection that speaks the protocol; empty where the next one does not.
     *
     * @throws MigrationException where nothing can come any more
     */
    Optional<Opened> next() {
        return open(acceptor.take());
    }

    private Optional<Opened> open(FrameStream stream) {
        try {
            Frame frame = Message.require(stream.receive(WORD_NANOS), FrameType.HELLO);
            Message.Hello hello = Message.read(frame, Message.Hello.class);
            String id = Tokens.require(hello.id());
            if (!hello.versions().contains(MigrationSource.VERSION)) {
                throw new MigrationException(
                        "This build speaks version " + MigrationSource.VERSION + " only.");
            }
            tls.ifPresent(by -> by.admit(id, hello.proof()));
            List<String> features =
                    hello.features().contains(PagePacking.FEATURE)
                            ? List.of(PagePacking.FEATURE)
                            : List.of();
            Message.Choice choice = new Message.Choice(MigrationSource.VERSION, features);
            stream.send(FrameType.CHOICE, Message.write(choice));
            Frame first = stream.receive(WORD_NANOS);
            return Optional.of(new Opened(stream, id, features, first));
        } catch (MigrationException e) {
            refuse(stream, e);
            return Optional.empty();
        }
    }

    /** The next connection that speaks of this migration; others are refused. */
    Opened next(String id) {
        while (true) {
            Optional<Opened> opened = next();
            if (opened.isPresent()) {
                if (opened.get().id().equals(id)) {
                    return opened.get();
                }
                refuse(opened.get().stream(), taken());
            }
        }
    }

    /**
     * As the other, but not for ever.
     *
     * @param deadlineNanos {@link System#nanoTime} at which to give up
     * @throws MigrationException where none has come by then
     */
    Opened next(String id, long deadlineNanos) {
        while (true) {
            long left = Math.max(0, deadlineNanos - System.nanoTime());
            Optional<Opened> opened = acceptor.poll(left).flatMap(this::open);
            if (opened.isPresent() && opened.get().id().equals(id)) {
                return opened.get();
            }
            opened.ifPresent(other -> refuse(other.stream(), taken()));
            if (System.nanoTime() - deadlineNanos >= 0) {
                throw new MigrationException("The peer did not open all of its connections.");
            }
        }
    }

    private static MigrationException taken() {
        return new MigrationException("Another guest is being taken here.");
    }

    /** Says why, and closes. */
    static void refuse(FrameStream stream, RuntimeException why) {
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

    /** Listens no more; who waits waits in vain. Idempotent. */
    @Override
    public void close() {
        try {
            if (server.isOpen() && address() instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "The address stays: " + e.getMessage());
        }
        acceptor.close();
    }
}
