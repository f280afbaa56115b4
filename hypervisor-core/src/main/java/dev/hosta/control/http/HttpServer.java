package dev.hosta.control.http;

import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixListener;
import dev.hosta.linux.UnixStream;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Serves a handler on a Unix socket.
 *
 * <p>Until the first connection it is one thread that waits in the kernel. Each connection has a
 * thread while it lasts, {@value #MOST_CONNECTIONS} at most. Who may connect is decided twice: by
 * the mode of the socket's file, and by the credentials that the kernel gives of the other end.
 *
 * <p>Threading: handlers are called on the connections' threads, many at once.
 */
public final class HttpServer implements AutoCloseable {
    /** What answers requests. */
    @FunctionalInterface
    public interface Handler {
        /** Answers; what it throws becomes a 500 without details. */
        HttpResponse answer(HttpRequest request);
    }

    private static final int MOST_CONNECTIONS = 256;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final UnixListener listener;
    private final Handler handler;
    private final Set<UnixStream> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private HttpServer(UnixListener listener, Handler handler) {
        this.listener = listener;
        this.handler = handler;
    }

    /**
     * Starts to serve.
     *
     * @param socket where; its folder is there
     * @throws LinuxException where the socket cannot be made
     */
    public static HttpServer start(Path socket, Handler handler) {
        HttpServer server = new HttpServer(UnixListener.bind(socket), handler);
        thread(server::accept, "api");
        return server;
    }

    private static void thread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Optional<UnixStream> next = listener.accept();
                if (next.isEmpty()) {
                    return;
                }
                take(next.get());
            } catch (LinuxException | OutOfMemoryError e) {
                // No descriptor or thread left: those who are connected may give some back.
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void take(UnixStream stream) {
        boolean room = connections.size() < MOST_CONNECTIONS;
        connections.add(stream);
        try {
            thread(() -> serve(stream, room), "api-connection");
        } catch (OutOfMemoryError e) {
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
            Connection connection = new Connection(stream, handler);
            if (!stream.peer().isOwnerOrRoot()) {
                connection.refuse(403, "The API is for the user that started it, and root.");
            } else if (!room) {
                connection.refuse(503, "Too many connections.");
            } else {
                connection.serve();
            }
        } finally {
            connections.remove(stream);
            stream.close();
        }
    }

    /** Deletes the socket and ends all connections; answers in progress are lost. Idempotent. */
    @Override
    public void close() {
        closed = true;
        listener.close();
        connections.forEach(UnixStream::hangUp);
    }
}
