package dev.hosta.linux;

import java.nio.file.Files;
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
    private static final int SHUT_RDWR = 2;
    private static final int OWNER_ONLY = 0600;

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
        String action = "listen on " + path;
        int type = UnixAddress.SOCK_STREAM | UnixAddress.SOCK_CLOEXEC;
        int number = Native.LIBC.socket(UnixAddress.AF_UNIX, type, 0);
        FileDescriptor fd = FileDescriptor.owning(Native.checked(number, action, "socket"));
        try (UnixAddress address = UnixAddress.of(path)) {
            // The kernel gives the file the mode that the socket has when it is bound.
            Native.checked(Native.LIBC.fchmod(number, OWNER_ONLY), action, "fchmod");
            int bound = Native.LIBC.bind(number, address.hva(), address.sizeBytes());
            if (bound < 0) {
                int errno = Native.errno();
                String hint =
                        errno == Errno.EADDRINUSE ? "Another process uses it, or a file." : "";
                throw new LinuxException(action, "bind", errno, hint);
            }
            Native.checked(Native.LIBC.listen(number, BACKLOG), action, "listen");
            return new UnixListener(path, fd);
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    private static boolean isLeftBehind(Path path) {
        if (!Files.exists(path)) {
            return false;
        }
        try {
            UnixStream.connect(path).close();
            return false;
        } catch (LinuxException e) {
            // What is not a socket refuses connections in the same way, and is not ours to delete.
            return e.errno() == Errno.ECONNREFUSED
                    && !Files.isRegularFile(path)
                    && !Files.isDirectory(path);
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
            int number = Native.LIBC.accept4(fd.number(), 0, 0, UnixAddress.SOCK_CLOEXEC);
            if (number >= 0) {
                return Optional.of(new UnixStream(FileDescriptor.owning(number), path.toString()));
            }
            int errno = Native.errno();
            if (!closing && errno != Errno.EINTR && errno != Errno.ECONNABORTED) {
                throw new LinuxException("take a connection on " + path, "accept4", errno, "");
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
        Native.LIBC.shutdown(fd.number(), SHUT_RDWR);
    }
}
