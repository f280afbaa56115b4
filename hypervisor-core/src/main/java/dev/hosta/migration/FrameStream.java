package dev.hosta.migration;

import dev.hosta.linux.HostThread;
import dev.hosta.linux.LinuxException;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Frames on a connection, numbered and summed, with a beat every second so that a peer that is busy
 * is not taken for one that is dead.
 *
 * <p>Threading: one thread receives; any thread sends; a thread of its own beats. {@link #close} is
 * idempotent and ends what waits.
 */
final class FrameStream implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FrameStream.class.getName());
    private static final long BEAT_MILLIS = 1000;

    /** The most that is taken for a payload before its bytes have come. */
    private static final int STEP_BYTES = 256 << 10;

    private final Link link;
    private final CountDownLatch over = new CountDownLatch(1);
    private final ByteBuffer received = ByteBuffer.allocateDirect(FrameHeader.BYTES);
    private final ByteBuffer sent = ByteBuffer.allocateDirect(FrameHeader.BYTES);
    private long nextReceived;
    private long nextSent;

    /**
     * One frame. Of {@link FrameType#PAGES} and PACKED the payload is still on its way.
     *
     * @param header what it says of itself
     * @param payload its bytes; none of those
     */
    record Frame(FrameHeader header, byte[] payload) {
        FrameType type() {
            return header.type();
        }
    }

    private FrameStream(Link link) {
        this.link = link;
    }

    /** Takes over a connection. */
    static FrameStream over(Link link) {
        FrameStream stream = new FrameStream(link);
        Thread beat = Thread.ofPlatform().daemon().name("migration-beat").unstarted(stream::beat);
        try {
            HostThread.start(beat);
        } catch (LinuxException e) {
            // Who asks and is answered at once needs none; another gives up, and is safe.
            LOG.log(System.Logger.Level.INFO, "No beat: " + e.getMessage());
        }
        return stream;
    }

    private void beat() {
        try {
            while (!over.await(BEAT_MILLIS, TimeUnit.MILLISECONDS)) {
                send(FrameType.BEAT, new byte[0]);
            }
        } catch (MigrationException e) {
            // Whoever sends or receives next finds out by itself.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends a frame. */
    synchronized void send(FrameType type, byte[] payload) {
        if (payload.length > type.mostBytes()) {
            throw new MigrationException(
                    "Cannot send a " + type + " of " + payload.length + " bytes.");
        }
        int sum = FrameHeader.sum(ByteBuffer.wrap(payload));
        link.write(header(type, payload.length, sum), ByteBuffer.wrap(payload));
    }

    /**
     * Sends pages.
     *
     * @param type PAGES or PACKED
     * @param head all that stands before them
     * @param pages their bytes, which may change meanwhile
     */
    synchronized void sendPages(FrameType type, ByteBuffer head, ByteBuffer pages) {
        int length = head.remaining() + pages.remaining();
        int sum = FrameHeader.sum(head.duplicate());
        link.write(header(type, length, sum), head, pages);
    }

    private ByteBuffer header(FrameType type, int length, int sum) {
        sent.clear();
        new FrameHeader(type, length, nextSent, sum).write(sent);
        nextSent++;
        return sent.flip();
    }

    /**
     * Waits for the next frame that is no beat.
     *
     * @param limitNanos how long that may take, whatever beats come
     * @throws MigrationException where the peer is gone, silent, or sends what is no frame
     */
    Frame receive(long limitNanos) {
        long deadline = System.nanoTime() + limitNanos;
        while (true) {
            received.clear();
            link.read(received, deadline);
            FrameHeader header = FrameHeader.read(received.flip(), nextReceived);
            nextReceived++;
            if (header.type().isPages()) {
                return new Frame(header, new byte[0]);
            }
            byte[] payload = payload(header.length(), deadline);
            if (FrameHeader.sum(ByteBuffer.wrap(payload)) != header.payloadSum()) {
                throw new MigrationException("The peer sent a damaged " + header.type() + ".");
            }
            if (header.type() != FrameType.BEAT) {
                return new Frame(header, payload);
            }
        }
    }

    /** Takes memory only as bytes come, whatever length the header says. */
    private byte[] payload(int length, long deadline) {
        byte[] bytes = new byte[Math.min(length, STEP_BYTES)];
        int done = 0;
        while (done < length) {
            if (done == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(length, 2 * done));
            }
            link.read(ByteBuffer.wrap(bytes, done, bytes.length - done), deadline);
            done = bytes.length;
        }
        return bytes;
    }

    /** Fills a buffer with what comes next of the payload of pages. */
    void read(ByteBuffer to) {
        link.read(to, System.nanoTime() + Link.SILENCE_NANOS * 12);
    }

    /** Closes it once the peer has had the time to read what was sent last. */
    void finish() {
        over.countDown();
        link.finish();
        link.close();
    }

    /** Closes it at once. */
    @Override
    public void close() {
        over.countDown();
        link.close();
    }
}
