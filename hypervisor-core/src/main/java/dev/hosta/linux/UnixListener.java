package dev.hosta.linux;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A stream socket in the file system that takes connections. Its file is the user's alone (mode
 * 0600) from its first moment.
 *
 * <p>Threading: {@link #accept} by one thread; {@link #close} by any.
 */
public final class UnixListener implements AutoCloseable {
    private static final int BACKLOG = 128;

    private final Path path;
    private final FileDescriptor fd;
    private volatile boolean closing;

    private UnixListener(Path path, FileDescriptor fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Makes the socket and its file. A file that a process left behind is replaced.
     *
     * @param path of the socket; its folder is there
     * @throws LinuxException where it cannot be made; {@link Errno#EADDRINUSE} where another
     *     process listens there, or the file is no socket
     */
    public static UnixListener bind(Path path) {
        if (isLeftBehind(path)) {
            path.toFile().delete();
        }
        return new UnixListener(path, UnixSocket.listen(path, UnixSocket.BLOCKING, BACKLOG));
    }

    private static boolean isLeftBehind(Path path) {
        // What is no socket refuses connections in the same way, and is not ours to delete.
        if (!UnixSocket.mayBeAt(path)) {
            return false;
        }
        try {
            UnixSocket.connect(path, UnixSocket.BLOCKING).close();
            return false;
        } catch (LinuxException e) {
            return e.errno() == Errno.ECONNREFUSED;
        }
    }

    /** Where it listens. */
    public Path path() {
        return path;
    }

    /**
     * Waits for the next connection.
     *
     * @return empty once the listener is closed
     * @throws LinuxException where the host has no descriptor or memory left; the next call may
     *     work
     */
    public Optional<UnixStream> accept() {
        while (!closing) {
            try {
                FileDescriptor taken = UnixSocket.accept(fd, UnixSocket.BLOCKING);
                return Optional.of(new UnixStream(taken, path.toString()));
            } catch (LinuxException e) {
                if (!closing && e.errno() != Errno.EINTR && e.errno() != Errno.ECONNABORTED) {
                    throw e;
                }
            }
        }
        fd.close();
        return Optional.empty();
    }

    /** Deletes the file and takes no more connections; {@link #accept} returns. Idempotent. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        path.toFile().delete();
        // Not close: the thread in accept4 wakes, and closes the number that it waits on.
        SocketCalls.shutdown(fd.number(), SocketCalls.SHUT_RDWR);
    }
}
