package dev.hosta.linux;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A port at a Unix stream socket, where one client at a time comes and goes; the next waits until
 * the one before has gone.
 *
 * <p>What a client sent before it went still reaches the guest; it counts as there until then. A
 * client that only ends its sending still gets the guest's output.
 *
 * <p>Threading: see {@link HostPort}.
 */
public final class SocketPort implements HostPort {
    private static final int BACKLOG = 1;

    private final Path path;
    private final FileDescriptor listening;
    private Optional<FileDescriptor> client = Optional.empty();
    private EventLoop loop;
    private Listener listener;
    private boolean inUse;
    private boolean watching;
    private boolean inputWanted;
    private boolean roomWanted;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean hungUp;

    private SocketPort(Path path, FileDescriptor listening) {
        this.path = path;
        this.listening = listening;
    }

    /**
     * Listens.
     *
     * @param path of the socket; one that a killed run left behind is replaced
     * @throws PortException where something else is there, or the place cannot be used
     */
    public static SocketPort open(Path path) {
        if (UnixSocket.lengthOf(path) > UnixSocket.MAX_PATH) {
            throw refused(path, "its path is longer than " + UnixSocket.MAX_PATH + " bytes");
        }
        removeStale(path);
        try {
            return new SocketPort(path, UnixSocket.listen(path, UnixSocket.NON_BLOCKING, BACKLOG));
        } catch (LinuxException e) {
            throw refused(path, why(e.errno()));
        }
    }

    private static PortException refused(Path path, String why) {
        return new PortException("Cannot listen at " + path + " for a port: " + why + ".");
    }

    private static String why(int errno) {
        return switch (errno) {
            case Errno.ENOENT -> "its folder does not exist";
            case Errno.EACCES, Errno.EPERM -> "permission denied";
            case Errno.EROFS -> "its file system is read-only";
            default -> "errno=" + Errno.describe(errno);
        };
    }

    private static void removeStale(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!UnixSocket.mayBeAt(path)) {
            throw refused(path, "there is something else that is no socket");
        }
        try {
            UnixSocket.connect(path, UnixSocket.NON_BLOCKING).close();
        } catch (LinuxException e) {
            if (e.errno() == Errno.ECONNREFUSED) {
                delete(path);
                return;
            }
            if (e.errno() != Errno.EAGAIN) { // more clients wait than fit
                throw refused(path, why(e.errno()));
            }
        }
        throw refused(path, "another program listens there");
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw refused(path, "the socket of an earlier run cannot be removed");
        }
    }

    @Override
    public void serveOn(EventLoop eventLoop) {
        loop = eventLoop;
    }

    @Override
    public void use(Listener newListener) {
        listener = newListener;
        inUse = true;
        inputWanted = false;
        roomWanted = false;
        loop.add(listening, acceptEvents(), events -> accept());
        watch();
    }

    @Override
    public void stop() {
        if (inUse) {
            inUse = false;
            loop.remove(listening);
            unwatch();
        }
    }

    private int acceptEvents() {
        return client.isEmpty() ? EventLoop.READABLE : 0;
    }

    private void accept() {
        if (client.isPresent()) {
            return;
        }
        try {
            client = Optional.of(UnixSocket.accept(listening, UnixSocket.NON_BLOCKING));
        } catch (LinuxException e) {
            return; // gone before it was taken; a host out of descriptors is asked again
        }
        loop.change(listening, acceptEvents());
        watch();
        listener.changed();
    }

    /** A client that has hung up is not watched: the loop would tell of it for ever. */
    private void watch() {
        if (client.isPresent() && !watching && !hungUp) {
            watching = true;
            loop.add(client.get(), clientEvents(), this::ready);
        }
    }

    private void unwatch() {
        if (watching) {
            watching = false;
            loop.remove(client.orElseThrow());
        }
    }

    private int clientEvents() {
        return (inputWanted && !inputEnded ? EventLoop.READABLE : 0)
                | (roomWanted ? EventLoop.WRITABLE : 0);
    }

    private void change() {
        if (watching) {
            loop.change(client.orElseThrow(), clientEvents());
        }
    }

    private void ready(int events) {
        if ((events & (EventLoop.HANG_UP | EventLoop.ERROR)) != 0) {
            hungUp = true;
            unwatch();
            if (inputEnded) {
                dropSoon();
            }
        }
        boolean input = (events & EventLoop.READABLE) != 0 || hungUp;
        boolean room = (events & EventLoop.WRITABLE) != 0 || hungUp;
        if (input && inputWanted && !inputEnded) {
            listener.inputWaiting();
        }
        if (room && roomWanted) {
            roomWanted = false;
            change();
            listener.roomAgain();
        }
    }

    /** Later, for the device may be in the midst of reading or writing. */
    private void dropSoon() {
        FileDescriptor gone = client.orElseThrow();
        loop.execute(() -> drop(gone));
    }

    private void drop(FileDescriptor gone) {
        if (client.isEmpty() || client.get() != gone) {
            return;
        }
        unwatch();
        gone.close();
        client = Optional.empty();
        roomWanted = false;
        inputEnded = false;
        outputEnded = false;
        hungUp = false;
        if (inUse) {
            loop.change(listening, acceptEvents());
            listener.changed();
        }
    }

    @Override
    public boolean isConnected() {
        return client.isPresent();
    }

    @Override
    public int write(MemorySegment bytes) {
        if (client.isEmpty() || outputEnded) {
            return (int) bytes.byteSize();
        }
        long done = 0;
        try {
            while (done < bytes.byteSize()) {
                long count = client.get().write(bytes.asSlice(done));
                if (count == FileDescriptor.WOULD_BLOCK) {
                    roomWanted = true;
                    change();
                    return (int) done;
                }
                done += count;
            }
        } catch (LinuxException e) {
            outputEnded = true; // the client is gone, or reads no more
            if (inputEnded) {
                dropSoon();
            }
        }
        return (int) bytes.byteSize();
    }

    @Override
    public int read(MemorySegment into) {
        if (client.isEmpty() || inputEnded) {
            return 0;
        }
        long count;
        try {
            count = client.get().read(into);
        } catch (LinuxException e) {
            outputEnded = true;
            count = 0;
        }
        if (count == 0) {
            inputEnded = true;
            if (hungUp || outputEnded) {
                dropSoon();
            } else {
                change();
            }
        }
        return (int) Math.max(0, count);
    }

    @Override
    public void awaitInput(boolean wanted) {
        inputWanted = wanted;
        change();
        if (wanted && hungUp && !inputEnded) {
            loop.execute(this::tellOfRest);
        }
    }

    /** What a client left behind that is not watched any more. */
    private void tellOfRest() {
        if (inUse && inputWanted && hungUp && !inputEnded) {
            listener.inputWaiting();
        }
    }

    @Override
    public void close() {
        if (!listening.isClosed()) {
            stop();
            client.ifPresent(FileDescriptor::close);
            client = Optional.empty();
            listening.close();
            path.toFile().delete();
        }
    }
}
