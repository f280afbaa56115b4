package dev.hosta.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Stream sockets with a place in the file system: unix(7). What is made here is the descriptor;
 * {@link UnixStream} and {@link UnixListener} are over it for threads that wait, the event loop's
 * users take it as it is.
 *
 * <p>Threading: any thread.
 */
final class UnixSocket {
    /** Most bytes of a path that other programs can reach: {@code sun_path} less its end. */
    static final int MAX_PATH = 107;

    /** A descriptor whose calls wait. */
    static final int BLOCKING = SocketCalls.SOCK_CLOEXEC;

    /** A descriptor for an event loop. */
    static final int NON_BLOCKING = SocketCalls.SOCK_CLOEXEC | SocketCalls.SOCK_NONBLOCK;

    private static final int OWNER_ONLY = 0600;

    private UnixSocket() {}

    /** Bytes of a path as the kernel counts them. */
    static int lengthOf(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /**
     * Whether something is there that may be a socket: neither file nor folder. A device is found
     * out by connecting.
     */
    static boolean mayBeAt(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(path)
                && !Files.isDirectory(path);
    }

    /**
     * Connects.
     *
     * @param flags {@link #BLOCKING} or {@link #NON_BLOCKING}
     * @throws LinuxException {@link Errno#ENOENT} where nothing is there, {@link
     *     Errno#ECONNREFUSED} where nobody listens any more, {@link Errno#EAGAIN} where it would
     *     wait and must not
     */
    static FileDescriptor connect(Path path, int flags) {
        String action = "connect to " + path;
        FileDescriptor fd = create(action, flags);
        try (UnixAddress address = UnixAddress.of(path)) {
            int result;
            do {
                result = SocketCalls.connect(fd.number(), address.hva(), address.sizeBytes());
            } while (result < 0 && Native.errno() == Errno.EINTR);
            Native.checked(result, action, "connect");
            return fd;
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Listens at a path where nothing is; the file is the user's alone (mode 0600) from its first
     * moment.
     *
     * @param flags {@link #BLOCKING} or {@link #NON_BLOCKING}
     * @param backlog how many may wait to be taken
     * @throws LinuxException where the kernel refuses
     */
    static FileDescriptor listen(Path path, int flags, int backlog) {
        String action = "listen on " + path;
        FileDescriptor fd = create(action, flags);
        try (UnixAddress address = UnixAddress.of(path)) {
            Native.checked(SocketCalls.fchmod(fd.number(), OWNER_ONLY), action, "fchmod");
            int bound = SocketCalls.bind(fd.number(), address.hva(), address.sizeBytes());
            if (bound < 0) {
                int errno = Native.errno();
                String hint =
                        errno == Errno.EADDRINUSE ? "Another process uses it, or a file." : "";
                throw new LinuxException(action, "bind", errno, hint);
            }
            Native.checked(SocketCalls.listen(fd.number(), backlog), action, "listen");
            return fd;
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Takes the next one who connects.
     *
     * @param flags of the connection's descriptor
     * @throws LinuxException {@link Errno#EAGAIN} where nobody waits, and the listening descriptor
     *     does not either
     */
    static FileDescriptor accept(FileDescriptor listening, int flags) {
        int number = SocketCalls.accept4(listening.number(), flags);
        return FileDescriptor.owning(Native.checked(number, "accept a connection", "accept4"));
    }

    private static FileDescriptor create(String action, int flags) {
        int type = SocketCalls.SOCK_STREAM | flags;
        int number = SocketCalls.socket(SocketCalls.AF_UNIX, type, 0);
        return FileDescriptor.owning(Native.checked(number, action, "socket"));
    }
}
