package dev.hosta.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A port whose host's end is in this process: the user's terminal, which someone else reads and
 * writes.
 *
 * <p>It outlives machines: a guest that resets itself gets the same one again. While no machine has
 * it, what is typed is dropped.
 *
 * <p>Threading: {@link HostPort}'s methods as there; {@link #offer}, {@link #onRoom} and {@link
 * #resize} on any thread.
 */
public final class StdioPort implements HostPort {
    /** Takes the guest's output. Threading: the device's thread; never blocks. */
    public interface Output {
        /** Takes bytes and says how many; with less than all, room is told of once. */
        int offer(MemorySegment bytes);

        /** Names what to call, on any thread, when there is room again. */
        void onRoom(Runnable action);
    }

    private static final int CAPACITY = 4096;

    private final Output output;
    private volatile Terminal.Size size = new Terminal.Size(0, 0);

    // Guarded by this object's monitor.
    private final byte[] ring = new byte[CAPACITY];
    private Optional<EventLoop> loop = Optional.empty();
    private Optional<Listener> listener = Optional.empty();
    private Runnable inputRoom = () -> {};
    private int head;
    private int count;
    private boolean inputWanted;
    private boolean refused;

    /** A port that no machine has. */
    public StdioPort(Output output) {
        this.output = output;
        output.onRoom(() -> tell(Listener::roomAgain));
    }

    private synchronized void tell(Consumer<Listener> what) {
        if (listener.isPresent()) {
            Listener told = listener.get();
            loop.orElseThrow()
                    .execute(
                            () -> {
                                if (isHeardBy(told)) {
                                    what.accept(told);
                                }
                            });
        }
    }

    private synchronized boolean isHeardBy(Listener told) {
        return listener.isPresent() && listener.get() == told;
    }

    /**
     * Takes input for the guest.
     *
     * @return how many bytes; 0 where there is no room, of which {@link #onRoom} tells once
     */
    public synchronized int offer(byte[] bytes, int offset, int length) {
        if (listener.isEmpty()) {
            return length;
        }
        int taken = Math.min(length, CAPACITY - count);
        for (int i = 0; i < taken; i++) {
            ring[(head + count + i) % CAPACITY] = bytes[offset + i];
        }
        count += taken;
        refused |= taken < length;
        if (inputWanted && taken > 0) {
            tell(Listener::inputWaiting);
        }
        return taken;
    }

    /** Names what to call, on any thread, when there is room for input again. */
    public synchronized void onRoom(Runnable action) {
        inputRoom = action;
    }

    /**
     * The terminal's size.
     *
     * @param newSize each 0..65535
     */
    public void resize(Terminal.Size newSize) {
        size = newSize;
        tell(Listener::changed);
    }

    @Override
    public synchronized void serveOn(EventLoop eventLoop) {
        loop = Optional.of(eventLoop);
    }

    @Override
    public synchronized void use(Listener newListener) {
        listener = Optional.of(newListener);
        inputWanted = false;
    }

    @Override
    public void stop() {
        synchronized (this) {
            listener = Optional.empty();
            count = 0;
            if (!refused) {
                return;
            }
            refused = false;
        }
        inputRoom.run();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public int columns() {
        return size.columns();
    }

    @Override
    public int rows() {
        return size.rows();
    }

    @Override
    public int write(MemorySegment bytes) {
        return output.offer(bytes);
    }

    @Override
    public int read(MemorySegment into) {
        int given;
        synchronized (this) {
            given = (int) Math.min(into.byteSize(), count);
            for (int i = 0; i < given; i++) {
                into.set(ValueLayout.JAVA_BYTE, i, ring[(head + i) % CAPACITY]);
            }
            head = (head + given) % CAPACITY;
            count -= given;
            if (!refused || given == 0) {
                return given;
            }
            refused = false;
        }
        inputRoom.run();
        return given;
    }

    @Override
    public synchronized void awaitInput(boolean wanted) {
        inputWanted = wanted;
        if (wanted && count > 0) {
            tell(Listener::inputWaiting);
        }
    }

    /** Ends one machine's use of it. */
    @Override
    public void close() {
        stop();
    }
}
