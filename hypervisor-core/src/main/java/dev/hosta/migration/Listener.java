package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Where sources connect to: takes connections that speak the protocol, and refuses others.
 *
 * <p>Threading: one thread at a time waits; any closes.
 */
final class Listener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Listener.class.getName());

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ServerSocketChannel server;
    private final Optional<TlsFolder> tls;

    /**
     * Listens.
     *
     * @param tls who this side is; empty takes plain connections
     * @throws MigrationException where the host does not allow it
     */
    Listener(MigrationAddress at, Optional<TlsFolder> tls) {
        this.server = at.listen();
        this.tls = tls;
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
    record Opened(FrameStream stream, String id, Frame first) {}

    /**
     * The next connection that speaks the protocol; empty where the next one does not.
     *
     * @throws MigrationException where nothing can come any more
     */
    Optional<Opened> next() {
        SocketChannel accepted = accept();
        FrameStream stream;
        try {
            stream = FrameStream.over(Link.accepted(accepted, tls));
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "A connection was refused: " + e.getMessage());
            return Optional.empty();
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

    private SocketChannel accept() {
        while (true) {
            try {
                return server.accept();
            } catch (ClosedChannelException e) {
                throw new MigrationException("Cannot listen any more: it is closed.", e);
            } catch (IOException e) {
                // No descriptor is free: who has one may give it back.
                LOG.log(System.Logger.Level.INFO, "No connection is taken: " + e.getMessage());
                LockSupport.parkNanos(PAUSE_NANOS);
            }
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
                refuse(
                        opened.get().stream(),
                        new MigrationException("Another guest is being taken here."));
            }
        }
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
            server.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "The address stays: " + e.getMessage());
        }
    }
}
