package dev.hosta.linux;

import dev.hosta.device.backend.NetBackend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Frames on a stream socket, each behind its length as 32 bits big-endian: what passt and QEMU's
 * stream networks speak.
 *
 * <pre>
 *   | length (4, big-endian) | frame, length bytes: 14 up to 65549 | length | frame | …
 * </pre>
 *
 * <p>Many frames share a system call in both directions, at the price of one copy each. The peer is
 * not trusted: a length that no frame has ends the stream.
 *
 * <p>Threading: one thread at a time.
 */
final class FrameStream implements AutoCloseable {
    private static final int LENGTH_BYTES = 4;
    private static final int MIN_FRAME = 14;
    private static final int MAX_FRAME = NetBackend.MAX_FRAME_BYTES - NetBackend.HEADER_BYTES;
    private static final int BUFFER_BYTES = 4 * (LENGTH_BYTES + MAX_FRAME);

    private static final ValueLayout.OfInt LENGTH =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment out = arena.allocate(BUFFER_BYTES);
    private final MemorySegment in = arena.allocate(BUFFER_BYTES);
    private final MemorySegment header = arena.allocate(NetBackend.HEADER_BYTES);
    private final FileDescriptor socket;

    // What lies in the buffers: [start, end).
    private int outStart;
    private int outEnd;
    private int inStart;
    private int inEnd;
    private boolean broken;

    /** Speaks over a connected, non-blocking socket, which stays its owner's. */
    FrameStream(FileDescriptor socket) {
        this.socket = socket;
    }

    /** Whether the peer is gone or broke the rules; nothing is sent or received any more. */
    boolean isBroken() {
        return broken;
    }

    /**
     * Takes one frame behind its header, to be sent at the next {@link #flush}.
     *
     * @return false where there is no room
     */
    boolean send(List<MemorySegment> frame) {
        SegmentCursor cursor = new SegmentCursor(frame);
        long length = cursor.remaining() - NetBackend.HEADER_BYTES;
        if (broken || length < MIN_FRAME || length > MAX_FRAME) {
            return true;
        }
        int needed = LENGTH_BYTES + (int) length;
        if (out.byteSize() - outEnd < needed && !makeRoom(needed)) {
            return broken;
        }
        cursor.copyTo(header);
        out.set(LENGTH, outEnd, (int) length);
        cursor.copyTo(out.asSlice(outEnd + LENGTH_BYTES, length));
        outEnd += needed;
        return true;
    }

    private boolean makeRoom(int needed) {
        flush();
        MemorySegment.copy(out, outStart, out, 0, outEnd - outStart);
        outEnd -= outStart;
        outStart = 0;
        return out.byteSize() - outEnd >= needed;
    }

    /**
     * Pushes what was taken to the socket, as far as it goes.
     *
     * @return whether all of it went
     */
    boolean flush() {
        while (outStart < outEnd && !broken) {
            long n =
                    SocketCalls.send(
                            socket.number(),
                            out.address() + outStart,
                            outEnd - outStart,
                            SocketCalls.MSG_NOSIGNAL);
            if (n >= 0) {
                outStart += (int) n;
            } else if (Native.errno() == Errno.EAGAIN) {
                return false;
            } else if (Native.errno() != Errno.EINTR) {
                broken = true;
            }
        }
        outStart = 0;
        outEnd = 0;
        return true;
    }

    /** As {@link NetBackend#receive}; the header is all zero. */
    int receive(List<MemorySegment> into) {
        if (!hasFrame() && !fill()) {
            return 0;
        }
        int length = in.get(LENGTH, inStart);
        SegmentCursor cursor = new SegmentCursor(into);
        int whole = NetBackend.HEADER_BYTES + length;
        long room = cursor.remaining();
        cursor.copyFrom(header.fill((byte) 0).asSlice(0, Math.min(room, NetBackend.HEADER_BYTES)));
        long fits = Math.min(length, cursor.remaining());
        cursor.copyFrom(in.asSlice(inStart + LENGTH_BYTES, fits));
        inStart += LENGTH_BYTES + length;
        return room < whole ? -whole : whole;
    }

    /** Whether a whole frame waits that is already off the socket. */
    boolean hasFrame() {
        int staged = inEnd - inStart;
        if (broken || staged < LENGTH_BYTES) {
            return false;
        }
        int length = in.get(LENGTH, inStart);
        if (length < MIN_FRAME || length > MAX_FRAME) {
            broken = true;
            return false;
        }
        return staged >= LENGTH_BYTES + length;
    }

    /** Reads until a whole frame is there, or the socket has no more; moves what is left first. */
    private boolean fill() {
        MemorySegment.copy(in, inStart, in, 0, inEnd - inStart);
        inEnd -= inStart;
        inStart = 0;
        while (!broken) {
            // There is room: a buffer holds more than the largest frame.
            long n = read();
            if (n == FileDescriptor.WOULD_BLOCK) {
                return false;
            }
            if (n == 0) {
                broken = true;
                return false;
            }
            inEnd += (int) n;
            if (hasFrame()) {
                return true;
            }
        }
        return false;
    }

    /** Bytes read; 0 at the end, also where the peer ended it the hard way. */
    private long read() {
        try {
            return socket.read(in.asSlice(inEnd));
        } catch (LinuxException e) {
            return 0;
        }
    }

    /** Frees the buffers; the socket is its owner's. Once. */
    @Override
    public void close() {
        arena.close();
    }
}
