package dev.hosta.linux;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes the connections of a Unix socket and gives each to a service. Who may connect is decided
 * twice: by the mode of the socket's file, and by the credentials that the kernel gives of the
 * other end.
 *
 * <p>Threading: until the first connection it is one thread that waits in the kernel; each
 * connection has a thread while it lasts. {@link #close} by any thread.
 */
public final class UnixServer implements AutoCloseable {
    /** What happens to a connection, on a thread of its own. */
    @FunctionalInterface
    public interface Service {
        /**
         * Serves a connection to its end; it is closed afterwards.
         *
         * @param welcome whether it is to be served, or only told why it is not
         */
        void serve(UnixStream stream, Welcome welcome);
    }

    /** Whether a connection is served. */
    public enum Welcome {
        /** It is. */
        YES,
        /** It belongs to another user. */
        FOREIGN,
        /** As many as there may be are served already. */
        FULL
    }

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final UnixListener listener;
    private final String name;
    private final int most;
    private final Service service;
    private final Set<UnixStream> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private UnixServer(UnixListener listener, String name, int most, Service service) {
        this.listener = listener;
        this.name = name;
        this.most = most;
        this.service = service;
    }

    /**
     * Starts to take connections.
     *
     * @param socket where; its folder is there
     * @param name of the threads
     * @param most how many are served at the same time
     * @throws LinuxException where the socket cannot be made
     */
    public static UnixServer start(Path socket, String name, int most, Service service) {
        UnixServer server = new UnixServer(UnixListener.bind(socket), name, most, service);
        try {
            thread(server::accept, name);
        } catch (LinuxException e) {
            server.listener.close();
            // Nobody waits there who would close the descriptor.
            server.listener.accept();
            throw e;
        }
        return server;
    }

    private static void thread(Runnable task, String threadName) {
        Thread thread = new Thread(task, threadName);
        thread.setDaemon(true);
        HostThread.start(thread);
    }

    private void accept() {
        while (true) {
            try {
                Optional<UnixStream> next = listener.accept();
                if (next.isEmpty()) {
                    return;
                }
                take(next.get());
            } catch (LinuxException e) {
                // No descriptor or thread left: those who are connected may give some back.
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void take(UnixStream stream) {
        boolean room = connections.size() < most;
        connections.add(stream);
        try {
            thread(() -> serve(stream, room), name + "-connection");
        } catch (LinuxException e) {
            connections.remove(stream);
            stream.close();
            throw e;
        }
        if (closed) {
            stream.hangUp();
        }
    }

    private void serve(UnixStream stream, boolean room) {
        try {
            service.serve(stream, welcome(stream, room));
        } finally {
            connections.remove(stream);
            stream.close();
        }
    }

    private static Welcome welcome(UnixStream stream, boolean room) {
        if (!stream.peer().isOwnerOrRoot()) {
            return Welcome.FOREIGN;
        }
        return room ? Welcome.YES : Welcome.FULL;
    }

    /** Deletes the socket and ends all connections. Idempotent. */
    @Override
    public void close() {
        closed = true;
        listener.close();
        connections.forEach(UnixStream::hangUp);
    }
}
