package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Chains that were taken ahead from the queue of received frames, and the memory behind them, one
 * after the other. What a frame has not used stays for the next one, so that a chain is looked into
 * once, whatever the number of frames that see it.
 *
 * <p>Threading: the device's thread.
 */
final class RxBuffers {
    /** Segments beyond which no further chain is taken; a system call takes 1024. */
    private static final int MOST_SEGMENTS = 512;

    private static final int COMPACT_AT = 1024;

    /** A chain, and what of it a frame can fill. */
    private record Taken(DescriptorChain chain, int segmentCount, long capacityBytes) {}

    private final Deque<Taken> chains = new ArrayDeque<>();
    private final ArrayList<MemorySegment> segments = new ArrayList<>();
    private int firstSegment;
    private long capacityBytes;

    int chainCount() {
        return chains.size();
    }

    long capacityBytes() {
        return capacityBytes;
    }

    /** Whether a chain more would be of no use to any frame. */
    boolean areFull() {
        return capacityBytes >= NetBackend.MAX_FRAME_BYTES
                || segments.size() - firstSegment >= MOST_SEGMENTS;
    }

    /** Appends a chain that is in flight. */
    void add(DescriptorChain chain) {
        if (chain.writableBytes() < NetBackend.HEADER_BYTES) {
            throw new QueueException(
                    "Cannot receive into a chain: no room for a header, writableBytes="
                            + chain.writableBytes());
        }
        long usable = Math.min(chain.writableBytes(), NetBackend.MAX_FRAME_BYTES);
        List<MemorySegment> added = chain.writableSegments(0, usable);
        segments.addAll(added);
        chains.add(new Taken(chain, added.size(), usable));
        capacityBytes += usable;
    }

    /** All the memory, in order. Good until the next chain comes or goes. */
    List<MemorySegment> segments() {
        return segments.subList(firstSegment, segments.size());
    }

    /** Number of chains that so many bytes reach into. */
    int chainsFor(long lengthBytes) {
        int count = 0;
        long left = lengthBytes;
        for (Taken taken : chains) {
            if (left <= 0) {
                break;
            }
            left -= taken.capacityBytes();
            count++;
        }
        return count;
    }

    /** The host wrote into the first bytes, whatever became of it. */
    void markWritten(long lengthBytes) {
        long left = Math.min(lengthBytes, capacityBytes);
        for (Taken taken : chains) {
            if (left <= 0) {
                break;
            }
            long written = Math.min(left, taken.capacityBytes());
            taken.chain().markWritten(0, written);
            left -= written;
        }
    }

    /** Gives back the chains that a frame fills, so that the driver sees all of them at once. */
    void push(SplitQueue queue, long frameBytes) {
        long left = frameBytes;
        while (left > 0) {
            Taken taken = chains.remove();
            long written = Math.min(left, taken.capacityBytes());
            queue.fill(taken.chain(), written);
            left -= written;
            capacityBytes -= taken.capacityBytes();
            firstSegment += taken.segmentCount();
        }
        queue.publish();
        if (firstSegment >= COMPACT_AT) {
            segments.subList(0, firstSegment).clear();
            firstSegment = 0;
        }
    }

    /** Puts all chains back into the queue, as if they had not been taken. */
    void unpop(SplitQueue queue) {
        while (!chains.isEmpty()) {
            queue.unpop(chains.removeLast().chain());
        }
        segments.clear();
        firstSegment = 0;
        capacityBytes = 0;
    }
}
