package dev.hosta.device.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;

/**
 * What carries a network device's frames on the host, as the device sees it.
 *
 * <p>Every frame stands behind a {@code struct virtio_net_hdr_v1} of {@link #HEADER_BYTES} (virtio
 * 1.2 §5.1.6), which counts in all lengths here. What the header may ask for is agreed by {@link
 * #offloads} and {@link #use}; a backend whose carrier has no such header writes a zero one on
 * receiving and drops it on sending. Segments are guest memory: they may change under the backend's
 * hand and are the device's again when the call returns.
 *
 * <p>Nothing here blocks and nothing throws for what the host or the peer does: a carrier that is
 * gone drops what is sent, receives nothing, and reports its link down.
 *
 * <p>Threading: all on the device's thread, {@link Listener} too; {@link #close} on the control
 * thread once the device is stopped.
 */
public interface NetBackend extends AutoCloseable {
    /** Size of the header before each frame. */
    int HEADER_BYTES = 12;

    /** The largest frame that offloads make, with its header: 64 KiB of IP in an Ethernet frame. */
    int MAX_FRAME_BYTES = HEADER_BYTES + 14 + 65535;

    /** Work on frames that one side may leave to the other. */
    enum Offload {
        /** Checksums that are not filled in yet. */
        CHECKSUM,
        /** TCP over IPv4 larger than the MTU. */
        TSO4,
        /** TCP over IPv6 larger than the MTU. */
        TSO6,
        /** TCP segments that carry ECN. */
        TSO_ECN,
        /** UDP larger than the MTU, to be segmented. */
        USO
    }

    /** Told of what happens on the host's side. */
    interface Listener {
        /** Frames may be waiting; asked for by {@link NetBackend#awaitFrames}. */
        void framesWaiting();

        /** There is room again after {@link NetBackend#send} had none. */
        void roomAgain();

        /** {@link NetBackend#isLinkUp} has changed. */
        void linkChanged();
    }

    /** The work that headers may leave to the other side, in both directions. */
    Set<Offload> offloads();

    /**
     * Begins: frames flow from here on.
     *
     * @param guestTakes what received frames may leave to the guest, out of {@link #offloads}
     * @param listener called on the device's thread
     */
    void use(Set<Offload> guestTakes, Listener listener);

    /** Ends what {@link #use} began; the listener is not called any more. Idempotent. */
    void stop();

    /** Whether frames can reach anyone. */
    boolean isLinkUp();

    /**
     * Sends one frame, or drops it where the carrier does.
     *
     * @param frame header and frame, in order; {@link #HEADER_BYTES} + 14 to {@link
     *     #MAX_FRAME_BYTES}
     * @return false where there is no room now: nothing was taken, and the listener hears when to
     *     come again
     */
    boolean send(List<MemorySegment> frame);

    /** Pushes what was sent to the host; called once after a batch. */
    default void flush() {}

    /**
     * Receives the next frame.
     *
     * @param into room for header and frame; what does not fit is cut off and the frame counted as
     *     dropped by returning its negative length
     * @return bytes of header and frame; 0 where none waits
     */
    int receive(List<MemorySegment> into);

    /**
     * Wants to hear of waiting frames, or not. A device without buffers says no, so that it is not
     * called in vain.
     */
    void awaitFrames(boolean wanted);

    /** Lets go of the carrier. Idempotent. */
    @Override
    void close();
}
