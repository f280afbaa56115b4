package dev.hosta.control;

import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixServer;
import dev.hosta.linux.UnixStream;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * A VM's console on a Unix socket: plain bytes both ways, the kept ones first.
 *
 * <p>Threading: one thread waits for connections; each has two while it lasts.
 */
public final class ConsoleServer implements AutoCloseable {
    private static final int MOST_CONNECTIONS = 32;
    private static final int CHUNK = 4096;

    private final UnixServer server;
    private final ConsoleHub hub;

    private ConsoleServer(Path socket, ConsoleHub hub) {
        this.hub = hub;
        this.server = UnixServer.start(socket, "console", MOST_CONNECTIONS, this::serve);
    }

    /**
     * Starts to serve.
     *
     * @param socket where; its folder is there
     * @throws LinuxException where the socket cannot be made
     */
    public static ConsoleServer start(Path socket, ConsoleHub hub) {
        return new ConsoleServer(socket, hub);
    }

    private void serve(UnixStream stream, UnixServer.Welcome welcome) {
        if (welcome != UnixServer.Welcome.YES) {
            return;
        }
        ConsoleHub.Reader reader = hub.attach(stream.peer().pid());
        Thread input = new Thread(() -> carryInput(stream, reader), "console-attached-input");
        input.setDaemon(true);
        input.start();
        carryOutput(stream, reader, input);
    }

    private void carryOutput(UnixStream stream, ConsoleHub.Reader reader, Thread input) {
        byte[] bytes = new byte[CHUNK];
        try (OutputStream out = stream.output()) {
            for (int n; (n = reader.read(bytes)) >= 0; ) {
                out.write(bytes, 0, n);
            }
        } catch (IOException e) {
            System.getLogger(ConsoleServer.class.getName())
                    .log(System.Logger.Level.DEBUG, "A reader of the console left: {0}", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reader.close();
            stream.hangUp();
            awaitEnd(input);
        }
    }

    private static void awaitEnd(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void carryInput(UnixStream stream, ConsoleHub.Reader reader) {
        byte[] bytes = new byte[CHUNK];
        try (InputStream in = stream.input()) {
            for (int n; (n = in.read(bytes, 0, bytes.length)) >= 0; ) {
                for (int given = 0; given < n && !stream.isHungUp(0); ) {
                    given += reader.give(bytes, given, n - given);
                }
            }
            // One that only stops to send goes on to read, until it leaves.
            reader.endInput();
            stream.isHungUp(-1);
            reader.close();
        } catch (IOException e) {
            reader.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Deletes the socket and ends all connections. Idempotent. */
    @Override
    public void close() {
        server.close();
    }
}
