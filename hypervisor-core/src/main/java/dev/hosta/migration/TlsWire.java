package dev.hosta.migration;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS on a socket that does not block.
 *
 * <p>What the peer's records may hold is bounded by the engine's session; both buffers are of that
 * size and never grow.
 *
 * <p>Threading: as {@link Wire}; what both directions share is the engine's own matter. The reader
 * writes as well where the protocol wants an answer, under the writer's lock.
 */
final class TlsWire implements Wire {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;

    /** As it came, ready to be unwrapped. */
    private final ByteBuffer coming;

    /** Unwrapped, ready to be read. */
    private final ByteBuffer came;

    /** Guarded by itself: wrapped, ready to be written. */
    private final ByteBuffer going;

    TlsWire(SocketChannel channel, SSLEngine engine) {
        this.channel = channel;
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        coming = ByteBuffer.allocateDirect(packet).flip();
        came = ByteBuffer.allocateDirect(engine.getSession().getApplicationBufferSize()).flip();
        going = ByteBuffer.allocateDirect(packet).flip();
    }

    /** What a step of the handshake waits for. */
    enum Needs {
        /** Nothing: it is done. */
        NOTHING,
        /** More from the peer. */
        INPUT,
        /** Room for more to the peer. */
        ROOM
    }

    /**
     * Goes on with the handshake as far as it can.
     *
     * @throws SSLException where this side or the other does not trust its peer; it was told why
     */
    Needs handshake() throws IOException {
        try {
            return goOn();
        } catch (SSLException e) {
            sayWhy();
            throw e;
        }
    }

    private Needs goOn() throws IOException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                && engine.getSession().getProtocol().equals("NONE")) {
            engine.beginHandshake();
        }
        while (true) {
            if (!flush()) {
                return Needs.ROOM;
            }
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(new ByteBuffer[] {NOTHING}, 0);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!unwrap(came.clear()) && !receive()) {
                        came.flip();
                        return Needs.INPUT;
                    }
                    came.flip();
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    return Needs.NOTHING;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask();
                task != null;
                task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Takes more from the socket; false where there is none now. */
    private boolean receive() throws IOException {
        coming.compact();
        int count = channel.read(coming);
        coming.flip();
        if (count < 0) {
            throw new MigrationException("The peer closed the connection.");
        }
        return count > 0;
    }

    /** One record; false where more has to come first. */
    private boolean unwrap(ByteBuffer to) throws IOException {
        try {
            SSLEngineResult result = engine.unwrap(coming, to);
            if (result.getStatus() == Status.CLOSED) {
                throw new MigrationException("The peer closed the connection.");
            }
            return result.getStatus() == Status.OK;
        } catch (SSLException e) {
            sayWhy();
            throw e;
        }
    }

    /** Sends the alert that the engine has for the peer, if the socket takes it. */
    private void sayWhy() {
        try {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
                    && wrap(new ByteBuffer[] {NOTHING}, 0)
                    && flush()) {
                continue;
            }
        } catch (IOException e) {
            // It is not told then; the connection ends all the same.
            return;
        }
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        while (!came.hasRemaining()) {
            came.clear();
            boolean more;
            try {
                more = unwrap(came) || receive();
            } finally {
                came.flip();
            }
            answer();
            if (!more) {
                return 0;
            }
        }
        int count = Math.min(came.remaining(), to.remaining());
        to.put(to.position(), came, came.position(), count);
        to.position(to.position() + count);
        came.position(came.position() + count);
        return count;
    }

    /** Keys are renewed on the way: the peer may want an answer to that. */
    private void answer() throws IOException {
        HandshakeStatus status = engine.getHandshakeStatus();
        if (status == HandshakeStatus.NEED_TASK) {
            runTasks();
            status = engine.getHandshakeStatus();
        }
        if (status == HandshakeStatus.NEED_WRAP) {
            synchronized (going) {
                if (flush()) {
                    wrap(new ByteBuffer[] {NOTHING}, 0);
                    flush();
                }
            }
        }
    }

    @Override
    public long write(ByteBuffer[] from, int next) throws IOException {
        synchronized (going) {
            long taken = 0;
            for (int at = next; at < from.length; at++) {
                while (from[at].hasRemaining()) {
                    if (!flush()) {
                        return taken;
                    }
                    int before = from[at].remaining();
                    wrap(from, at);
                    taken += before - from[at].remaining();
                }
            }
            flush();
            return taken;
        }
    }

    private boolean wrap(ByteBuffer[] from, int next) throws IOException {
        synchronized (going) {
            going.clear();
            try {
                SSLEngineResult result = engine.wrap(from, next, from.length - next, going);
                if (result.getStatus() == Status.CLOSED && result.bytesProduced() == 0) {
                    throw new MigrationException("The connection was closed here.");
                }
            } finally {
                going.flip();
            }
            return going.hasRemaining();
        }
    }

    @Override
    public boolean flush() throws IOException {
        synchronized (going) {
            while (going.hasRemaining()) {
                if (channel.write(going) == 0) {
                    return false;
                }
            }
            return true;
        }
    }

    @Override
    public void end() throws IOException {
        synchronized (going) {
            engine.closeOutbound();
            if (flush() && wrap(new ByteBuffer[] {NOTHING}, 0)) {
                flush();
            }
        }
        channel.shutdownOutput();
    }
}
