package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;

/**
 * A tap interface of the host's as a guest's network.
 *
 * <p>One system call a frame, straight between the kernel and guest memory; checksums and large
 * segments pass through in the header as they are. The link is up until the interface is deleted.
 *
 * <p>Threading: see {@link HostNet}.
 */
public final class TapNet implements HostNet {
    private static final System.Logger LOG = System.getLogger(TapNet.class.getName());

    private final TapDevice tap;
    private final Arena arena = Arena.ofShared();
    private final FrameVectors vectors = new FrameVectors();

    /** Takes what a frame has more than the guest gave room for; also frames of many segments. */
    private final MemorySegment spill = arena.allocate(MAX_FRAME_BYTES);

    private final WatchedFd watched;
    private boolean closed;

    private TapNet(TapDevice tap) {
        this.tap = tap;
        this.watched = new WatchedFd(tap.fd());
    }

    /**
     * Attaches to a tap interface, or makes one, up and without an address, that goes with it.
     *
     * @param name of the interface, 1 to 15 ASCII characters
     * @throws NetException where there is no such interface and no right to make it, or it is no
     *     tap, not the caller's, or in use
     */
    public static TapNet open(String name) {
        return new TapNet(TapDevice.open(name));
    }

    @Override
    public void serveOn(EventLoop loop) {
        watched.serveOn(loop);
    }

    @Override
    public String describe() {
        return "tap:" + tap.name();
    }

    @Override
    public Set<Offload> offloads() {
        return tap.offloads();
    }

    @Override
    public void use(Set<Offload> guestTakes, Listener listener) {
        tap.leaveToGuest(guestTakes);
        watched.use(listener, this::lost);
    }

    @Override
    public void stop() {
        watched.stop();
    }

    @Override
    public boolean isLinkUp() {
        return watched.isUp();
    }

    private void lost() {
        LOG.log(
                System.Logger.Level.WARNING,
                "The tap interface " + tap.name() + " is gone; the guest's link is down.");
    }

    @Override
    public boolean send(List<MemorySegment> frame) {
        if (!watched.isUp()) {
            return true;
        }
        if (!vectors.fill(frame, 0)) {
            SegmentCursor cursor = new SegmentCursor(frame);
            MemorySegment whole = spill.asSlice(0, Math.min(cursor.remaining(), spill.byteSize()));
            cursor.copyTo(whole);
            vectors.fill(List.of(whole), 0);
        }
        while (SocketCalls.writev(tap.fd().number(), vectors.address(), vectors.count()) < 0) {
            int errno = Native.errno();
            if (errno == Errno.EAGAIN) {
                watched.awaitRoom();
                return false;
            }
            if (errno == Errno.EBADFD) {
                watched.down();
            }
            if (errno != Errno.EINTR) {
                // An interface that is down, or a header that makes no sense: dropped.
                return true;
            }
        }
        return true;
    }

    @Override
    public int receive(List<MemorySegment> into) {
        if (!watched.isUp()) {
            return 0;
        }
        vectors.fill(into, 1);
        long room = vectors.sizeBytes();
        vectors.add(spill);
        while (true) {
            long n = SocketCalls.readv(tap.fd().number(), vectors.address(), vectors.count());
            if (n >= 0) {
                return (int) (n > room ? -n : n);
            }
            int errno = Native.errno();
            if (errno == Errno.EBADFD) {
                watched.down();
            }
            if (errno != Errno.EINTR) {
                return 0;
            }
        }
    }

    @Override
    public void awaitFrames(boolean wanted) {
        watched.awaitInput(wanted);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watched.stop();
            tap.close();
            vectors.close();
            arena.close();
        }
    }
}
