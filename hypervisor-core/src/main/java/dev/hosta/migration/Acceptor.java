package dev.hosta.migration;

import dev.hosta.linux.HostThread;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Takes connections by a thread that has nothing else to do, so that each has its beat at once: who
 * has connected hears that this side lives, whatever long work the one who is to serve it is at.
 *
 * <p>Threading: a thread of its own takes them; any thread asks for the next, and closes.
 */
final class Acceptor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Acceptor.class.getName());
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** So many may wait to be served; more wait in the kernel, without a beat. */
    private static final int MOST_WAITING = 16;

    private final ServerSocketChannel server;
    private final Function<SocketChannel, FrameStream> opening;
    private final Semaphore room = new Semaphore(MOST_WAITING);

    /** Empty behind the last. */
    private final BlockingQueue<Optional<FrameStream>> waiting = new LinkedBlockingQueue<>();

    private final Thread thread;

    /**
     * Begins.
     *
     * @param server closed by {@link #close}
     * @param opening makes streams of connections, or throws {@link MigrationException}
     * @throws dev.hosta.linux.LinuxException where the host has no thread
     */
    Acceptor(ServerSocketChannel server, Function<SocketChannel, FrameStream> opening) {
        this.server = server;
        this.opening = opening;
        this.thread = Thread.ofPlatform().daemon().name("migration-accept").unstarted(this::run);
        HostThread.start(thread);
    }

    private void run() {
        try {
            while (server.isOpen()) {
                room.acquire();
                try {
                    waiting.add(Optional.of(opening.apply(accept())));
                } catch (MigrationException e) {
                    room.release();
                    LOG.log(
                            System.Logger.Level.INFO,
                            "A connection was refused: " + e.getMessage());
                }
            }
        } catch (ClosedChannelException e) {
            LOG.log(System.Logger.Level.DEBUG, "No more connections are taken.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiting.add(Optional.empty());
        }
    }

    private SocketChannel accept() throws ClosedChannelException {
        while (true) {
            try {
                return server.accept();
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                // No descriptor is free: who has one may give it back.
                LOG.log(System.Logger.Level.INFO, "No connection is taken: " + e.getMessage());
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /**
     * Waits for the next, for ever.
     *
     * @throws MigrationException where none comes any more
     */
    FrameStream take() {
        return poll(Long.MAX_VALUE).orElseThrow();
    }

    /**
     * Waits for the next.
     *
     * @param limitNanos how long
     * @return empty where none has come by then
     * @throws MigrationException where none comes any more
     */
    Optional<FrameStream> poll(long limitNanos) {
        Optional<FrameStream> next;
        try {
            next = waiting.poll(limitNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException("The migration was interrupted.", e);
        }
        if (next == null) {
            return Optional.empty();
        }
        if (next.isEmpty()) {
            waiting.add(next);
            throw new MigrationException("Cannot listen any more: it is closed.");
        }
        room.release();
        return next;
    }

    /** Takes no more; those that wait are closed. Idempotent. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "The address stays: " + e.getMessage());
        }
        thread.interrupt();
        while (waiting.peek() instanceof Optional<FrameStream> one && one.isPresent()) {
            if (waiting.remove(one)) {
                one.get().close();
            }
        }
    }
}
