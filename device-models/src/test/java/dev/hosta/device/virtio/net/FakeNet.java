package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A network in memory: what is sent is kept, what is to be received is put in by the test. */
public final class FakeNet implements NetBackend {
    private final Set<Offload> offloads;
    private final Deque<byte[]> incoming = new ArrayDeque<>();
    private final List<byte[]> sent = new ArrayList<>();
    private Optional<Listener> listener = Optional.empty();
    private Set<Offload> taken = Set.of();
    private boolean linkUp = true;
    private boolean full;
    private boolean wasFull;
    private boolean awaited;
    private int receives;
    private int flushes;
    private boolean closed;

    /** A network whose host does all offloads. */
    public FakeNet() {
        this(EnumSet.allOf(Offload.class));
    }

    /** A network whose host does these offloads. */
    public FakeNet(Set<Offload> offloads) {
        this.offloads = Set.copyOf(offloads);
    }

    /** A frame behind its header comes from the host. */
    public void arrive(byte[] frame) {
        incoming.add(frame);
        if (awaited) {
            listener.ifPresent(Listener::framesWaiting);
        }
    }

    /** Frames, with headers, that were sent. */
    public List<byte[]> sent() {
        return sent;
    }

    /** Frames that wait to be received. */
    public int waiting() {
        return incoming.size();
    }

    /** How often the device tried to receive. */
    public int receives() {
        return receives;
    }

    /** How often what was sent was pushed on. */
    public int flushes() {
        return flushes;
    }

    /** What the guest takes. */
    public Set<Offload> taken() {
        return taken;
    }

    /** Whether the device wants to hear of frames. */
    public boolean isAwaited() {
        return awaited;
    }

    /** Whether the device uses it. */
    public boolean isInUse() {
        return listener.isPresent();
    }

    /** Whether it was closed. */
    public boolean isClosed() {
        return closed;
    }

    /** From now on there is no room for frames, or there is again. */
    public void full(boolean now) {
        full = now;
        if (!now && wasFull) {
            wasFull = false;
            listener.ifPresent(Listener::roomAgain);
        }
    }

    /** The cable is put in or out. */
    public void link(boolean up) {
        linkUp = up;
        listener.ifPresent(Listener::linkChanged);
    }

    @Override
    public Set<Offload> offloads() {
        return offloads;
    }

    @Override
    public void use(Set<Offload> guestTakes, Listener newListener) {
        if (!offloads.containsAll(guestTakes)) {
            throw new AssertionError("not offered: " + guestTakes);
        }
        taken = Set.copyOf(guestTakes);
        listener = Optional.of(newListener);
        awaited = false;
    }

    @Override
    public void stop() {
        listener = Optional.empty();
        awaited = false;
        wasFull = false;
    }

    @Override
    public boolean isLinkUp() {
        return linkUp;
    }

    @Override
    public boolean send(List<MemorySegment> frame) {
        if (full) {
            wasFull = true;
            return false;
        }
        int length = (int) frame.stream().mapToLong(MemorySegment::byteSize).sum();
        if (length < HEADER_BYTES + 14 || length > MAX_FRAME_BYTES) {
            throw new AssertionError("frame of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        int at = 0;
        for (MemorySegment piece : frame) {
            MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) piece.byteSize());
            at += (int) piece.byteSize();
        }
        sent.add(bytes);
        return true;
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public int receive(List<MemorySegment> into) {
        receives++;
        byte[] frame = incoming.poll();
        if (frame == null) {
            return 0;
        }
        int at = 0;
        for (MemorySegment piece : into) {
            int length = (int) Math.min(piece.byteSize(), frame.length - at);
            MemorySegment.copy(frame, at, piece, ValueLayout.JAVA_BYTE, 0, length);
            at += length;
        }
        return at == frame.length ? at : -frame.length;
    }

    @Override
    public void awaitFrames(boolean wanted) {
        boolean before = awaited;
        awaited = wanted;
        if (wanted && !before && !incoming.isEmpty()) {
            listener.ifPresent(Listener::framesWaiting);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
