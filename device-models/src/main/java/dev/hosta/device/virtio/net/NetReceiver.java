package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.abi.VirtioNet;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Has the backend write received frames straight into the guest's buffers (virtio 1.2 §5.1.6.4).
 *
 * <p>The next frame's length is not known before it is there, so buffers for the largest are taken
 * ahead. Where frames may be large and buffers are few, the driver is given time to bring back
 * those that it has just been given, rather than that a large frame be lost: without new ones the
 * device waits while it has less than a quarter of the queue.
 *
 * <p>Threading: the device's thread.
 */
final class NetReceiver {
    /** Frames in one go; then others have the thread. */
    private static final int BATCH = 64;

    private static final int MOST_ETHERNET_BYTES = 18; // with a VLAN tag
    private static final int USUAL_MTU = 1500;
    private static final int DESTINATION_AT = NetBackend.HEADER_BYTES;
    private static final int LEAST_BYTES = NetBackend.HEADER_BYTES + NetHeader.ETHERNET_BYTES;

    private final NetBackend backend;
    private final NetFilter filter;
    private final NetCounting counting;
    private final RateLimit limit;
    private final RxBuffers buffers = new RxBuffers();
    private Optional<SplitQueue> taken = Optional.empty();
    private boolean mergeable;
    private long neededBytes;
    private boolean large;
    private boolean refillDue;

    NetReceiver(NetBackend backend, NetFilter filter, NetCounting counting, RateLimit limit) {
        this.backend = backend;
        this.filter = filter;
        this.counting = counting;
        this.limit = limit;
    }

    /**
     * A driver is there, or has changed what it takes.
     *
     * @param mtu what the guest was told, or 0
     * @param largeFrames whether frames may be larger than that
     */
    void use(long features, int mtu, boolean largeFrames) {
        mergeable = (features & VirtioNet.F_MRG_RXBUF) != 0;
        large = largeFrames;
        neededBytes =
                large
                        ? NetBackend.MAX_FRAME_BYTES
                        : NetBackend.HEADER_BYTES
                                + MOST_ETHERNET_BYTES
                                + (mtu == 0 ? USUAL_MTU : mtu);
    }

    /** The driver said that there are new buffers. */
    void refilled() {
        refillDue = false;
    }

    /** Receives what waits; true where more may wait, of which nobody will tell. */
    boolean serve(SplitQueue queue) {
        taken = Optional.of(queue);
        queue.disableNotifications();
        for (int left = BATCH; left > 0; left--) {
            if (limit.holdsBack(0) || !gather(queue)) {
                backend.awaitFrames(false);
                return false;
            }
            List<MemorySegment> into = buffers.segments();
            int length = backend.receive(into);
            if (length == 0) {
                backend.awaitFrames(true);
                return false;
            }
            received(queue, into, length);
        }
        return true;
    }

    /**
     * Takes as many chains as a frame may need.
     *
     * @return false where there are too few, of which the driver will tell
     */
    private boolean gather(SplitQueue queue) {
        while (true) {
            while (mergeable ? !buffers.areFull() : buffers.chainCount() == 0) {
                Optional<DescriptorChain> next = queue.pop();
                if (next.isEmpty()) {
                    break;
                }
                buffers.add(next.get());
            }
            boolean enough =
                    !mergeable || buffers.areFull() || buffers.capacityBytes() >= neededBytes;
            if (buffers.chainCount() > 0 && enough) {
                return true;
            }
            boolean more = queue.enableNotifications();
            boolean wait = buffers.chainCount() == 0 || large && isWorthWaiting(queue);
            if (!more && wait) {
                return false;
            }
            queue.disableNotifications();
            if (!more) {
                return true;
            }
        }
    }

    private boolean isWorthWaiting(SplitQueue queue) {
        return refillDue && buffers.chainCount() < queue.size() / 4;
    }

    private void received(SplitQueue queue, List<MemorySegment> into, int length) {
        if (length < LEAST_BYTES) {
            buffers.markWritten(Math.abs((long) length));
            counting.receivedInVain();
            return;
        }
        if (!filter.takesAll() && !filter.takes(destination(into))) {
            buffers.markWritten(length);
            counting.filtered();
            return;
        }
        int chains = buffers.chainsFor(length);
        store(into, VirtioNet.HEADER_NUM_BUFFERS, chains & 0xff);
        store(into, VirtioNet.HEADER_NUM_BUFFERS + 1, chains >> 8);
        buffers.markWritten(length);
        buffers.push(queue, length);
        refillDue = true;
        long frameBytes = length - NetBackend.HEADER_BYTES;
        limit.take(frameBytes);
        counting.received(frameBytes);
    }

    /** The first six bytes of a frame. */
    private static long destination(List<MemorySegment> frame) {
        long bits = 0;
        for (int i = 0; i < MacAddress.BYTES; i++) {
            bits = bits << 8 | load(frame, DESTINATION_AT + i);
        }
        return bits;
    }

    private static int load(List<MemorySegment> frame, long offset) {
        long at = offset;
        int piece = 0;
        while (at >= frame.get(piece).byteSize()) {
            at -= frame.get(piece++).byteSize();
        }
        return frame.get(piece).get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static void store(List<MemorySegment> frame, long offset, int value) {
        long at = offset;
        int piece = 0;
        while (at >= frame.get(piece).byteSize()) {
            at -= frame.get(piece++).byteSize();
        }
        frame.get(piece).set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    /** Takes nothing more and gives back what it took ahead. */
    void drain() {
        limit.forget();
        if (taken.isPresent()) {
            backend.awaitFrames(false);
            buffers.unpop(taken.get());
        }
        taken = Optional.empty();
        refillDue = false;
    }
}
