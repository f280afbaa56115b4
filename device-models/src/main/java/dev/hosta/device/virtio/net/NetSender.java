package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Hands the guest's frames to the backend, straight from the guest's buffers but for the header,
 * which is copied once, checked and then meant (virtio 1.2 §5.1.6.2).
 *
 * <p>A frame that must wait for room, or for the rate limit, keeps its chain. Threading: the
 * device's thread.
 */
final class NetSender {
    /** Frames in one go; then others have the thread. */
    private static final int BATCH = 64;

    private static final int LEAST_BYTES = NetBackend.HEADER_BYTES + NetHeader.ETHERNET_BYTES;

    /** Buffers of a frame; with the header as many as a system call takes. */
    private static final int MOST_SEGMENTS = 1023;

    private final NetBackend backend;
    private final NetCounting counting;
    private final RateLimit limit;
    private final NetHeader header = new NetHeader();
    private final List<MemorySegment> frame = new ArrayList<>();
    private Optional<SplitQueue> taken = Optional.empty();
    private Optional<DescriptorChain> waiting = Optional.empty();
    private boolean blocked;
    private long features;

    NetSender(NetBackend backend, NetCounting counting, RateLimit limit) {
        this.backend = backend;
        this.counting = counting;
        this.limit = limit;
    }

    /** A driver is there. */
    void use(long negotiated) {
        features = negotiated;
    }

    /** The backend has room again. */
    void roomAgain() {
        blocked = false;
    }

    /** Sends what waits; true where more may wait, of which nobody will tell. */
    boolean serve(SplitQueue queue) {
        if (blocked) {
            return false;
        }
        taken = Optional.of(queue);
        try {
            return sendAll(queue);
        } finally {
            backend.flush();
        }
    }

    private boolean sendAll(SplitQueue queue) {
        int left = BATCH;
        do {
            queue.disableNotifications();
            for (var next = next(queue); next.isPresent(); next = next(queue)) {
                if (left == 0) {
                    return true;
                }
                left--;
                if (!send(queue, next.get())) {
                    return false;
                }
            }
        } while (queue.enableNotifications());
        return false;
    }

    /** The chain that waits, or else the next one, whose frame is then checked. */
    private Optional<DescriptorChain> next(SplitQueue queue) {
        if (waiting.isPresent()) {
            return waiting;
        }
        Optional<DescriptorChain> next = queue.pop();
        next.ifPresent(this::prepare);
        waiting = next;
        return next;
    }

    /** Makes the frame of a chain; an empty one where it is not to be sent. */
    private void prepare(DescriptorChain chain) {
        frame.clear();
        long lengthBytes = chain.readableBytes();
        if (lengthBytes < LEAST_BYTES
                || lengthBytes > NetBackend.MAX_FRAME_BYTES
                || chain.bufferCount() > MOST_SEGMENTS) {
            return;
        }
        chain.read(0, header.bytes());
        long frameBytes = lengthBytes - NetBackend.HEADER_BYTES;
        if (header.check(features, frameBytes)) {
            frame.add(header.bytes());
            frame.addAll(chain.readableSegments(NetBackend.HEADER_BYTES, frameBytes));
        }
    }

    /** Sends the frame that was prepared; false where it must wait. */
    private boolean send(SplitQueue queue, DescriptorChain chain) {
        if (frame.isEmpty()) {
            counting.refusedToSend();
        } else {
            long frameBytes = chain.readableBytes() - NetBackend.HEADER_BYTES;
            if (limit.holdsBack(frameBytes)) {
                return false;
            }
            if (!backend.send(frame)) {
                blocked = true;
                return false;
            }
            limit.take(frameBytes);
            counting.sent(frameBytes);
        }
        waiting = Optional.empty();
        queue.push(chain, 0);
        return true;
    }

    /** Takes nothing more and puts back what waits. */
    void drain() {
        limit.forget();
        taken.ifPresent(queue -> waiting.ifPresent(queue::unpop));
        taken = Optional.empty();
        waiting = Optional.empty();
        blocked = false;
    }
}
