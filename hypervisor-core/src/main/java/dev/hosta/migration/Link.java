package dev.hosta.migration;

import dev.hosta.machine.SpecException;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * A stream socket on which nothing takes longer than it may: bytes that do not come, or do not go,
 * for {@link #SILENCE_NANOS} end it. It is plain, or speaks TLS.
 *
 * <p>On a plain one buffers over native memory go to the kernel as they are, guest memory too.
 *
 * <p>Threading: one reads while another writes; any thread closes.
 */
final class Link implements AutoCloseable {
    static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int DRAIN_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final Wire wire;
    private final Selector readable;
    private final Selector writable;

    private Link(SocketChannel channel, Wire wire, Selector readable, Selector writable) {
        this.channel = channel;
        this.wire = wire;
        this.readable = readable;
        this.writable = writable;
    }

    /**
     * Connects.
     *
     * @param tls who this side is; empty for a plain connection
     * @throws MigrationException where nobody listens, or either side does not trust the other
     */
    static Link connect(MigrationAddress to, Optional<? extends Encryption> tls) {
        // Before the connection, for the folder may be of no use.
        Optional<SSLEngine> engine = tls.map(folder -> folder.client(to.host(), to.port()));
        return over(to.connect(), engine);
    }

    /** Takes over a connection that came; the rest is as for {@link #connect}. */
    static Link accepted(SocketChannel channel, Optional<? extends Encryption> tls) {
        Optional<SSLEngine> engine;
        try {
            engine = tls.map(Encryption::server);
        } catch (SpecException e) {
            closeAfter(channel, e);
            throw new MigrationException(e.getMessage(), e);
        }
        return over(channel, engine);
    }

    private static void closeAfter(SocketChannel channel, Exception failure) {
        try {
            channel.close();
        } catch (IOException closing) {
            failure.addSuppressed(closing);
        }
    }

    /** Takes over a connected socket; closes it where this fails. */
    private static Link over(SocketChannel channel, Optional<SSLEngine> engine) {
        try {
            channel.configureBlocking(false);
            if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                // Of both ends: an answer behind an answer else waits 40 ms for the peer's ACK.
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            Selector readable = Selector.open();
            Selector writable = Selector.open();
            channel.register(readable, SelectionKey.OP_READ);
            channel.register(writable, SelectionKey.OP_WRITE);
            if (engine.isEmpty()) {
                return new Link(channel, new Wire.Plain(channel), readable, writable);
            }
            TlsWire wire = new TlsWire(channel, engine.get());
            Link link = new Link(channel, wire, readable, writable);
            link.shakeHands(wire);
            return link;
        } catch (IOException | MigrationException e) {
            closeAfter(channel, e);
            throw e instanceof IOException lost ? lost(lost) : (MigrationException) e;
        }
    }

    private void shakeHands(TlsWire wire) throws IOException {
        long deadline = System.nanoTime() + SILENCE_NANOS;
        while (true) {
            switch (wire.handshake()) {
                case NOTHING -> {
                    return;
                }
                case INPUT -> await(readable, deadline);
                case ROOM -> await(writable, deadline);
            }
        }
    }

    /**
     * Fills a buffer.
     *
     * @param deadlineNanos {@link System#nanoTime} at which to give up, however much comes
     * @throws MigrationException where the peer is gone or silent
     */
    void read(ByteBuffer to, long deadlineNanos) {
        long heard = System.nanoTime();
        try {
            while (to.hasRemaining()) {
                int count = wire.read(to);
                if (count < 0) {
                    throw new MigrationException("The peer closed the connection.");
                }
                if (count > 0) {
                    heard = System.nanoTime();
                } else {
                    await(readable, Math.min(heard + SILENCE_NANOS, deadlineNanos));
                }
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /**
     * Sends all of the buffers.
     *
     * @throws MigrationException where the peer is gone, or takes nothing
     */
    void write(ByteBuffer... from) {
        long taken = System.nanoTime();
        int next = 0;
        try {
            while (next < from.length) {
                if (!from[next].hasRemaining()) {
                    next++;
                } else if (wire.write(from, next) > 0) {
                    taken = System.nanoTime();
                } else {
                    await(writable, taken + SILENCE_NANOS);
                }
            }
            while (!wire.flush()) {
                await(writable, taken + SILENCE_NANOS);
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private static void await(Selector selector, long untilNanos) throws IOException {
        long left = untilNanos - System.nanoTime();
        if (left <= 0) {
            throw new MigrationException("The peer is silent.");
        }
        try {
            selector.selectedKeys().clear();
            selector.select(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        } catch (ClosedSelectorException e) {
            throw new MigrationException("The connection was closed here.", e);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new MigrationException("The migration was interrupted.");
        }
    }

    private static MigrationException lost(IOException e) {
        if (e instanceof SSLException failure) {
            return TlsFailure.of(failure);
        }
        return new MigrationException("The connection is lost: " + e.getMessage() + ".", e);
    }

    /**
     * Says that nothing more comes, and waits a moment until the peer has said so too, so that what
     * was sent last is not lost with what was not read.
     */
    void finish() {
        ByteBuffer rest = ByteBuffer.allocate(DRAIN_BYTES);
        long deadline = System.nanoTime() + DRAIN_NANOS;
        try {
            wire.end();
            for (int count = 0; count >= 0; count = channel.read(rest.clear())) {
                if (count == 0) {
                    await(readable, deadline);
                } else if (System.nanoTime() - deadline > 0) {
                    return;
                }
            }
        } catch (IOException | MigrationException e) {
            // The peer is gone or will not stop: nothing is lost that could be saved.
            return;
        }
    }

    /** Closes the socket. Idempotent. */
    @Override
    public void close() {
        try (channel;
                readable;
                writable) {
            return;
        } catch (IOException e) {
            // The kernel has let go of it all the same.
            return;
        }
    }
}
