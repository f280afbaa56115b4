package dev.hosta.linux;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A port whose output is appended to a file; it has no input.
 *
 * <p>A file that cannot be written any more, such as on a full disk, loses what comes then; that is
 * logged once. A pipe that is full makes the guest wait.
 *
 * <p>Threading: see {@link HostPort}.
 */
public final class FilePort implements HostPort {
    private static final System.Logger LOG = System.getLogger(FilePort.class.getName());

    private final Path path;
    private final FileDescriptor fd;
    private EventLoop loop;
    private Listener listener;
    private boolean inUse;
    private boolean watching;
    private boolean failed;

    private FilePort(Path path, FileDescriptor fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Opens a file at its end, or makes it.
     *
     * @throws PortException where it cannot be written
     */
    public static FilePort open(Path path) {
        int flags =
                FileDescriptor.O_WRONLY
                        | FileDescriptor.O_CREAT
                        | FileDescriptor.O_APPEND
                        | FileDescriptor.O_NONBLOCK;
        try {
            return new FilePort(path, FileDescriptor.open(path, flags));
        } catch (LinuxException e) {
            throw new PortException("Cannot write a port to " + path + ": " + why(e.errno()) + ".");
        }
    }

    private static String why(int errno) {
        return switch (errno) {
            case Errno.EISDIR -> "it is a folder";
            case Errno.ENOENT -> "its folder does not exist";
            case Errno.EACCES, Errno.EPERM -> "permission denied";
            case Errno.EROFS -> "its file system is read-only";
            case Errno.ENXIO -> "nobody reads the pipe, or it is a socket";
            default -> "errno=" + Errno.describe(errno);
        };
    }

    @Override
    public void serveOn(EventLoop eventLoop) {
        loop = eventLoop;
    }

    @Override
    public void use(Listener newListener) {
        listener = newListener;
        inUse = true;
    }

    @Override
    public void stop() {
        inUse = false;
        unwatch();
    }

    private void unwatch() {
        if (watching) {
            watching = false;
            loop.remove(fd);
        }
    }

    @Override
    public boolean isConnected() {
        return !failed;
    }

    @Override
    public int write(MemorySegment bytes) {
        long done = 0;
        try {
            while (done < bytes.byteSize() && !failed) {
                long count = fd.write(bytes.asSlice(done));
                if (count == FileDescriptor.WOULD_BLOCK) {
                    awaitRoom();
                    return (int) done;
                }
                done += count;
            }
        } catch (LinuxException e) {
            failed = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Cannot write a port to {0}: errno={1}. The guest runs on without it.",
                    path,
                    Errno.describe(e.errno()));
        }
        return (int) bytes.byteSize();
    }

    private void awaitRoom() {
        if (!watching) {
            watching = true;
            loop.add(fd, EventLoop.WRITABLE, events -> roomCame());
        }
    }

    /** Also where the pipe's reader is gone, which the next write finds out. */
    private void roomCame() {
        unwatch();
        if (inUse) {
            listener.roomAgain();
        }
    }

    @Override
    public int read(MemorySegment into) {
        return 0;
    }

    @Override
    public void awaitInput(boolean wanted) {}

    @Override
    public void close() {
        if (!fd.isClosed()) {
            stop();
            fd.close();
        }
    }
}
