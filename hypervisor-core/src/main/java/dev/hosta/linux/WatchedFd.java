package dev.hosta.linux;

import dev.hosta.device.backend.NetBackend;

/**
 * A carrier's descriptor in the device's event loop: which of input and room is waited for, and
 * whether the other side is still there.
 *
 * <p>A descriptor whose other side is gone is taken out of the loop at once, which would report it
 * for ever.
 *
 * <p>Threading: the loop's thread; {@link #stop} also on the control thread once the device rests.
 */
final class WatchedFd {
    private static final Runnable NOTHING = () -> {};

    private final FileDescriptor fd;
    private EventLoop loop;
    private NetBackend.Listener listener;
    private Runnable onDown = NOTHING;
    private boolean inUse;
    private boolean up = true;
    private boolean watching;
    private boolean input;
    private boolean room;

    WatchedFd(FileDescriptor fd) {
        this.fd = fd;
    }

    void serveOn(EventLoop eventLoop) {
        loop = eventLoop;
    }

    /**
     * Begins.
     *
     * @param onLost told once the other side is gone, unless it was stopped before
     */
    void use(NetBackend.Listener newListener, Runnable onLost) {
        listener = newListener;
        onDown =
                () -> {
                    if (inUse) {
                        onLost.run();
                        newListener.linkChanged();
                        if (room) {
                            // Whoever waits for room must not wait for ever.
                            room = false;
                            newListener.roomAgain();
                        }
                    }
                };
        inUse = true;
        input = false;
        room = false;
        if (up && !watching) {
            loop.add(fd, 0, this::ready);
            watching = true;
        }
    }

    /** Ends it. Idempotent. */
    void stop() {
        inUse = false;
        unwatch();
    }

    private void unwatch() {
        if (watching) {
            watching = false;
            loop.remove(fd);
        }
    }

    boolean isUp() {
        return up;
    }

    /** Whether input is waited for. */
    boolean awaitsInput() {
        return input;
    }

    void awaitInput(boolean wanted) {
        if (input != wanted) {
            input = wanted;
            change();
        }
    }

    void awaitRoom() {
        if (!room) {
            room = true;
            change();
        }
    }

    private void change() {
        if (watching) {
            loop.change(fd, (input ? EventLoop.READABLE : 0) | (room ? EventLoop.WRITABLE : 0));
        }
    }

    private void ready(int events) {
        if ((events & EventLoop.READABLE) != 0 && input) {
            listener.framesWaiting();
        }
        if ((events & EventLoop.WRITABLE) != 0 && room) {
            room = false;
            change();
            listener.roomAgain();
        }
        // After the frames: what the other side sent before it went is still received.
        boolean gone = (events & (EventLoop.ERROR | EventLoop.HANG_UP)) != 0;
        if (gone && watching && ((events & EventLoop.READABLE) == 0 || !input)) {
            down();
        }
    }

    /** The other side is gone. */
    void down() {
        if (up) {
            up = false;
            if (watching) {
                unwatch();
                // Later, for the device may be in the midst of sending or receiving.
                loop.execute(onDown);
            }
        }
    }
}
