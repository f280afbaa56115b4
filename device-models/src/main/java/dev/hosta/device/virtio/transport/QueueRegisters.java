package dev.hosta.device.virtio.transport;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.SplitRing;
import dev.hosta.device.virtio.queue.SplitQueue;
import dev.hosta.device.virtio.queue.SplitQueueState;

import java.util.Optional;

/**
 * What a driver writes about one queue, and the queue that comes of it. Size and addresses are
 * fixed while the queue is ready (virtio 1.2 §4.2.2.2).
 *
 * <p>Threading: under the transport's lock.
 */
final class QueueRegisters {
    private final int maxSize;
    private int size;
    private boolean ready;
    private long descGpa;
    private long availGpa;
    private long usedGpa;
    private Optional<SplitQueue> live = Optional.empty();

    QueueRegisters(int maxSize) {
        if (!SplitQueueState.isSize(maxSize)) {
            throw new IllegalArgumentException(
                    "Queue size must be a power of two in 1..32768: size=" + maxSize);
        }
        this.maxSize = maxSize;
        this.size = maxSize;
    }

    int maxSize() {
        return maxSize;
    }

    boolean isReady() {
        return ready;
    }

    /** Takes a size; one that cannot be is dropped. */
    void size(long value) {
        if (!ready && value <= maxSize && SplitQueueState.isSize((int) value)) {
            size = (int) value;
        }
    }

    void descHalf(boolean high, long value) {
        descGpa = half(descGpa, high, value);
    }

    void availHalf(boolean high, long value) {
        availGpa = half(availGpa, high, value);
    }

    void usedHalf(boolean high, long value) {
        usedGpa = half(usedGpa, high, value);
    }

    private long half(long gpa, boolean high, long value) {
        if (ready) {
            return gpa;
        }
        return high ? gpa & 0xffff_ffffL | value << 32 : gpa & ~0xffff_ffffL | value;
    }

    /** Makes the queue ready; false where its rings are misaligned and it stays as it is. */
    boolean makeReady() {
        ready =
                (descGpa & SplitRing.DESC_ALIGNMENT - 1) == 0
                        && (availGpa & SplitRing.AVAIL_ALIGNMENT - 1) == 0
                        && (usedGpa & SplitRing.USED_ALIGNMENT - 1) == 0;
        return ready;
    }

    /** Makes the queue not ready; what it held is gone. */
    void stop() {
        ready = false;
        live = Optional.empty();
    }

    void reset() {
        stop();
        size = maxSize;
        descGpa = 0;
        availGpa = 0;
        usedGpa = 0;
    }

    /** The queue that the device uses, if it is active and this one ready. */
    Optional<SplitQueue> live() {
        return live;
    }

    /**
     * Makes the queue that the device will use.
     *
     * @throws InvalidStateException if its rings are not in RAM
     */
    void activate(GuestMemory memory, long features, boolean eventIdx) {
        live = Optional.of(new SplitQueue(memory, registers(eventIdx), features));
    }

    private SplitQueueState.V1 registers(boolean eventIdx) {
        return new SplitQueueState.V1(size, ready, descGpa, availGpa, usedGpa, 0, 0, eventIdx);
    }

    /** The registers, with the live queue's position unless the device has broken with it. */
    SplitQueueState.V1 exportState(boolean broken) {
        return broken || live.isEmpty() ? registers(false) : live.get().exportState();
    }

    /** Takes over registers and a live queue, both checked. */
    void importState(SplitQueueState.V1 state, Optional<SplitQueue> queue) {
        size = state.size();
        ready = state.ready();
        descGpa = state.descGpa();
        availGpa = state.availGpa();
        usedGpa = state.usedGpa();
        live = queue;
    }
}
