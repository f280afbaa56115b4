package dev.hosta.linux;

import dev.hosta.device.backend.NetBackend;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One connection of a network whose carrier is a stream socket: its frames, and its place in the
 * event loop.
 *
 * <p>Threading: as {@link NetBackend}.
 */
final class StreamLink implements AutoCloseable {
    private final FileDescriptor socket;
    private final FrameStream frames;
    private final WatchedFd watched;
    private EventLoop loop;
    private NetBackend.Listener listener;
    private boolean inUse;

    /** Takes over a connected, non-blocking socket. */
    StreamLink(FileDescriptor socket) {
        this.socket = socket;
        this.frames = new FrameStream(socket);
        this.watched = new WatchedFd(socket);
    }

    void serveOn(EventLoop eventLoop) {
        loop = eventLoop;
        watched.serveOn(eventLoop);
    }

    /**
     * Begins.
     *
     * @param onLost told once the other side is gone, before the listener is
     */
    void use(NetBackend.Listener newListener, Runnable onLost) {
        listener = newListener;
        inUse = true;
        watched.use(new Pushing(newListener), onLost);
    }

    /** Ends it. Idempotent. */
    void stop() {
        inUse = false;
        watched.stop();
    }

    boolean isUp() {
        return watched.isUp();
    }

    boolean send(List<MemorySegment> frame) {
        boolean taken = frames.send(frame);
        if (!taken) {
            watched.awaitRoom();
        }
        noteBroken();
        return taken;
    }

    void flush() {
        if (!frames.flush()) {
            watched.awaitRoom();
        }
        noteBroken();
    }

    int receive(List<MemorySegment> into) {
        int length = frames.receive(into);
        noteBroken();
        return length;
    }

    private void noteBroken() {
        if (frames.isBroken()) {
            watched.down();
        }
    }

    void awaitFrames(boolean wanted) {
        boolean before = watched.awaitsInput();
        watched.awaitInput(wanted);
        // The socket does not tell of frames that are off it already.
        if (wanted && !before && frames.hasFrame()) {
            loop.execute(
                    () -> {
                        if (inUse && watched.awaitsInput() && frames.hasFrame()) {
                            listener.framesWaiting();
                        }
                    });
        }
    }

    /** Ends the connection. Once. */
    @Override
    public void close() {
        stop();
        socket.close();
        frames.close();
    }

    /** Pushes what waits in the buffer once the socket has room, before the device is told. */
    private final class Pushing implements NetBackend.Listener {
        private final NetBackend.Listener device;

        Pushing(NetBackend.Listener device) {
            this.device = device;
        }

        @Override
        public void framesWaiting() {
            device.framesWaiting();
        }

        @Override
        public void roomAgain() {
            if (isUp()) {
                flush();
            }
            device.roomAgain();
        }

        @Override
        public void linkChanged() {
            device.linkChanged();
        }
    }
}
