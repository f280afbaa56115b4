package dev.hosta.linux;

import dev.hosta.device.backend.Alarm;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A cable between two guests: a Unix stream socket, as QEMU's {@code -netdev stream} speaks it.
 *
 * <p>Who finds nobody there listens, the other connects; a lock beside the socket decides where
 * both come at once. Either may go and come again: the link is down meanwhile, and the one who is
 * left takes whichever part is needed. A third one is turned away.
 *
 * <pre>
 *                connects                       other goes
 *   ┌─> seeking ───────────> connected as guest ───────────┐
 *   │      │ holds the lock                                │
 *   │      v                       accepts                 │
 *   │   listening ──────────────────────────> connected    │
 *   │      ^            other goes                │        │
 *   │      └──────────────────────────────────────┘        │
 *   └──────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>Threading: see {@link HostNet}.
 */
public final class SocketNet implements HostNet {
    private static final long RETRY_NANOS = 200_000_000L;
    private static final int BACKLOG = 1;

    private final Path path;
    private Optional<StreamLink> link = Optional.empty();
    private Optional<PidFile> lock = Optional.empty();
    private Optional<FileDescriptor> listening = Optional.empty();
    private EventLoop loop;
    private Alarm alarm;
    private Listener listener;
    private boolean inUse;
    private boolean wanted;
    private boolean closed;

    private SocketNet(Path path) {
        this.path = path;
    }

    /**
     * Connects to who listens there, or listens.
     *
     * @param path of the socket; a file of the same name with {@code .lock} behind it is used too
     * @throws NetException where neither goes
     */
    public static SocketNet open(Path path) {
        SocketNet net = new SocketNet(path);
        net.requirePlace();
        try {
            net.seek();
        } catch (LinuxException e) {
            net.close();
            throw net.refused("errno=" + Errno.describe(e.errno()) + " of " + e.call());
        }
        return net;
    }

    private NetException refused(String why) {
        return new NetException("Cannot use the socket " + path + " as a network: " + why + ".");
    }

    private void requirePlace() {
        if (UnixSocket.lengthOf(path) > UnixSocket.MAX_PATH) {
            throw refused("its path is longer than " + UnixSocket.MAX_PATH + " bytes");
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw refused("its folder does not exist");
        }
        if (Files.exists(path) && !UnixSocket.mayBeAt(path)) {
            throw refused("there is something else that is no socket");
        }
        if (!Files.exists(path) && !Files.isWritable(folder)) {
            throw refused("its folder cannot be written");
        }
    }

    /** Connects or listens; neither where the other is just about to listen. */
    private void seek() {
        try {
            link = Optional.of(new StreamLink(UnixSocket.connect(path, UnixSocket.NON_BLOCKING)));
            return;
        } catch (LinuxException e) {
            if (e.errno() == Errno.EAGAIN) {
                return;
            }
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.ECONNREFUSED) {
                throw e;
            }
        }
        lock = PidFile.tryHold(path.resolveSibling(path.getFileName() + ".lock"));
        if (lock.isPresent()) {
            removeStale();
            listening = Optional.of(UnixSocket.listen(path, UnixSocket.NON_BLOCKING, BACKLOG));
        }
    }

    /** What one left behind who was killed: nobody listens there, and the lock is ours. */
    private void removeStale() {
        try {
            if (UnixSocket.mayBeAt(path)) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw refused("the socket of an earlier run cannot be removed");
        }
    }

    @Override
    public void serveOn(EventLoop eventLoop) {
        loop = eventLoop;
        alarm = eventLoop.newAlarm();
        link.ifPresent(one -> one.serveOn(eventLoop));
    }

    @Override
    public String describe() {
        return "socket:" + path;
    }

    /** None, as in {@link UserNet}. */
    @Override
    public Set<Offload> offloads() {
        return Set.of();
    }

    @Override
    public void use(Set<Offload> guestTakes, Listener newListener) {
        listener = newListener;
        inUse = true;
        wanted = false;
        listening.ifPresent(this::watch);
        if (link.isPresent()) {
            link.get().use(newListener, this::lost);
        } else if (listening.isEmpty()) {
            alarm.set(RETRY_NANOS, this::seekAgain);
        }
    }

    private void watch(FileDescriptor socket) {
        loop.add(socket, EventLoop.READABLE, events -> accept(socket));
    }

    private void accept(FileDescriptor socket) {
        FileDescriptor peer;
        try {
            peer = UnixSocket.accept(socket, UnixSocket.NON_BLOCKING);
        } catch (LinuxException e) {
            // Gone before it was taken; a host out of descriptors is asked again by the loop.
            return;
        }
        if (link.isPresent()) {
            peer.close();
            return;
        }
        StreamLink one = new StreamLink(peer);
        one.serveOn(loop);
        link = Optional.of(one);
        connected();
    }

    private void connected() {
        StreamLink one = link.orElseThrow();
        one.use(listener, this::lost);
        one.awaitFrames(wanted);
        listener.linkChanged();
    }

    /** The other has gone. */
    private void lost() {
        link.ifPresent(StreamLink::close);
        link = Optional.empty();
        if (listening.isEmpty()) {
            alarm.set(0, this::seekAgain);
        }
    }

    private void seekAgain() {
        if (!inUse || link.isPresent() || listening.isPresent()) {
            return;
        }
        try {
            seek();
        } catch (LinuxException | NetException e) {
            // As at the start it may be that the place is not there; it may come again.
            releaseLock();
        }
        if (link.isPresent()) {
            link.get().serveOn(loop);
            connected();
        } else if (listening.isPresent()) {
            watch(listening.get());
        } else {
            alarm.set(RETRY_NANOS, this::seekAgain);
        }
    }

    @Override
    public void stop() {
        if (inUse) {
            inUse = false;
            alarm.cancel();
            listening.ifPresent(loop::remove);
            link.ifPresent(StreamLink::stop);
        }
    }

    @Override
    public boolean isLinkUp() {
        return link.isPresent() && link.get().isUp();
    }

    @Override
    public boolean send(List<MemorySegment> frame) {
        return !isLinkUp() || link.get().send(frame);
    }

    @Override
    public void flush() {
        if (isLinkUp()) {
            link.get().flush();
        }
    }

    @Override
    public int receive(List<MemorySegment> into) {
        return isLinkUp() ? link.get().receive(into) : 0;
    }

    @Override
    public void awaitFrames(boolean wantedNow) {
        wanted = wantedNow;
        link.ifPresent(one -> one.awaitFrames(wantedNow));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stop();
        link.ifPresent(StreamLink::close);
        if (listening.isPresent()) {
            path.toFile().delete();
            listening.get().close();
        }
        releaseLock();
    }

    private void releaseLock() {
        lock.ifPresent(PidFile::close);
        lock = Optional.empty();
    }
}
