package dev.hosta.control.http;

import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixServer;

import java.nio.file.Path;

/**
 * Serves a handler on a Unix socket, to {@value #MOST_CONNECTIONS} clients at the same time.
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

    private final UnixServer server;

    private HttpServer(UnixServer server) {
        this.server = server;
    }

    /**
     * Starts to serve.
     *
     * @param socket where; its folder is there
     * @throws LinuxException where the socket cannot be made
     */
    public static HttpServer start(Path socket, Handler handler) {
        return start(socket, handler, ConnectionLimits.USUAL);
    }

    /** As {@link #start(Path, Handler)}, with other limits. */
    static HttpServer start(Path socket, Handler handler, ConnectionLimits limits) {
        UnixServer.Service service =
                (stream, welcome) -> serve(new Connection(stream, handler, limits), welcome);
        return new HttpServer(UnixServer.start(socket, "api", MOST_CONNECTIONS, service));
    }

    private static void serve(Connection connection, UnixServer.Welcome welcome) {
        switch (welcome) {
            case YES -> connection.serve();
            case FOREIGN ->
                    connection.refuse(403, "The API is for the user that started it, and root.");
            case FULL -> connection.refuse(503, "Too many connections.");
        }
    }

    /** Deletes the socket and ends all connections; answers in progress are lost. Idempotent. */
    @Override
    public void close() {
        server.close();
    }
}
