package dev.hosta.control.http;

import dev.hosta.linux.UnixStream;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * One connection of the server, from its first request to its last.
 *
 * <p>Threading: one thread, the connection's own.
 */
final class Connection {
    private static final Duration PARTING = Duration.ofSeconds(1);
    private static final int MOST_PARTING_BYTES = 8 << 20;

    private final UnixStream stream;
    private final InputStream in;
    private final OutputStream out;
    private final HttpServer.Handler handler;
    private final ConnectionLimits limits;

    Connection(UnixStream stream, HttpServer.Handler handler, ConnectionLimits limits) {
        this.stream = stream;
        this.in = stream.input();
        this.out = stream.output();
        this.handler = handler;
        this.limits = limits;
    }

    /** Answers one request after the other until the client leaves or breaks the rules. */
    void serve() {
        stream.timeout(limits.idle());
        RequestReader reader = new RequestReader(in, out, limits.request().toNanos());
        try {
            while (true) {
                Optional<HttpRequest> request = reader.next();
                if (request.isEmpty()) {
                    return;
                }
                boolean keepAlive = request.get().keepAlive();
                HttpResponse response = answer(request.get());
                try {
                    out.write(response.bytes(keepAlive));
                } finally {
                    // What was asked for happens, even where its client has left.
                    response.afterwards().run();
                }
                if (!keepAlive) {
                    return;
                }
            }
        } catch (HttpException e) {
            refuse(e.status(), e.getMessage());
        } catch (InterruptedIOException e) {
            refuse(408, "The request took too long.");
        } catch (IOException e) {
            // The client is gone; there is nobody to tell.
            return;
        }
    }

    private HttpResponse answer(HttpRequest request) {
        try {
            return handler.answer(request);
        } catch (RuntimeException e) {
            System.getLogger(Connection.class.getName())
                    .log(System.Logger.Level.ERROR, "A request failed: " + request.path(), e);
            return error(500, "Internal error.");
        }
    }

    private static HttpResponse error(int status, String message) {
        return new HttpResponse(status, "[\"" + message + "\"]");
    }

    /** Says why, and ends the connection in a way that lets the client read it. */
    void refuse(int status, String message) {
        try {
            stream.timeout(PARTING);
            out.write(error(status, message).bytes(false));
            stream.endOutput();
            byte[] dropped = new byte[8192];
            long end = System.nanoTime() + PARTING.toNanos();
            int total = 0;
            for (int n; total < MOST_PARTING_BYTES && System.nanoTime() < end; total += n) {
                n = in.read(dropped, 0, dropped.length);
                if (n < 0) {
                    return;
                }
            }
        } catch (IOException e) {
            // The client did not wait for the answer.
            return;
        }
    }
}
