package dev.hosta.device.backend;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** A host's end in memory: takes as much as it has room for, gives what it was fed. */
public final class FakePort implements ConsolePort {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final Queue<Byte> waiting = new ArrayDeque<>();
    private Optional<Listener> listener = Optional.empty();
    private boolean connected = true;
    private boolean awaiting;
    private boolean wantsRoom;
    private int room = Integer.MAX_VALUE;
    private int columns;
    private int rows;
    private int closed;

    /** What the guest has sent. */
    public String taken() {
        return taken.toString(StandardCharsets.ISO_8859_1);
    }

    /** Whether the device wants to hear of input. */
    public boolean isAwaiting() {
        return awaiting;
    }

    /** Whether a device uses the port. */
    public boolean isUsed() {
        return listener.isPresent();
    }

    /** How often it was closed. */
    public int closed() {
        return closed;
    }

    /** Bytes that wait for the guest. */
    public int waiting() {
        return waiting.size();
    }

    /** Takes only so many bytes from now on; tells a device that waits for room. */
    public void room(int bytes) {
        room = bytes;
        if (room > 0 && wantsRoom) {
            wantsRoom = false;
            listener.ifPresent(Listener::roomAgain);
        }
    }

    /** Gives bytes for the guest. */
    public void feed(String bytes) {
        for (byte b : bytes.getBytes(StandardCharsets.ISO_8859_1)) {
            waiting.add(b);
        }
        if (awaiting) {
            listener.orElseThrow().inputWaiting();
        }
    }

    /** Someone comes, or goes. */
    public void connected(boolean isConnected) {
        connected = isConnected;
        listener.ifPresent(Listener::changed);
    }

    /** The terminal has another size. */
    public void size(int newColumns, int newRows) {
        columns = newColumns;
        rows = newRows;
        listener.ifPresent(Listener::changed);
    }

    @Override
    public void use(Listener newListener) {
        if (listener.isPresent()) {
            throw new IllegalStateException("Used twice");
        }
        listener = Optional.of(newListener);
    }

    @Override
    public void stop() {
        listener = Optional.empty();
        awaiting = false;
        wantsRoom = false;
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int write(MemorySegment bytes) {
        int count = (int) Math.min(bytes.byteSize(), room);
        for (int i = 0; i < count; i++) {
            taken.write(bytes.get(ValueLayout.JAVA_BYTE, i));
        }
        room -= count;
        wantsRoom |= count < bytes.byteSize();
        return count;
    }

    @Override
    public int read(MemorySegment into) {
        int count = (int) Math.min(into.byteSize(), waiting.size());
        for (int i = 0; i < count; i++) {
            into.set(ValueLayout.JAVA_BYTE, i, waiting.remove());
        }
        return count;
    }

    @Override
    public void awaitInput(boolean wanted) {
        if (listener.isEmpty()) {
            throw new IllegalStateException("Asked before it is used");
        }
        awaiting = wanted;
        if (wanted && !waiting.isEmpty()) {
            listener.get().inputWaiting();
        }
    }

    @Override
    public void close() {
        closed++;
    }
}
