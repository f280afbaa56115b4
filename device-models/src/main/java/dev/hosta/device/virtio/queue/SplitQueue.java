package dev.hosta.device.virtio.queue;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.SplitRing;
import dev.hosta.device.virtio.abi.VirtioFeatures;

import java.util.BitSet;
import java.util.Optional;

/**
 * The device's side of one split virtqueue (virtio 1.2 §2.7).
 *
 * <p>How a device serves it:
 *
 * <pre>
 *   do {
 *       queue.disableNotifications();
 *       for (chain = queue.pop(); chain.isPresent(); chain = queue.pop()) { … queue.push(…) … }
 *   } while (queue.enableNotifications());
 *   if (queue.needsInterrupt()) { notifier.usedBuffers(index); }
 * </pre>
 *
 * <p>Chains may be given back in any order. A head that is in flight cannot be made available
 * again, so at most {@link #size} chains are out. Whatever the driver does wrong is a {@link
 * QueueException}; the queue is then of no use until the device is reset.
 *
 * <p>Threading: the device's thread, or the control thread while the device is paused or idle. The
 * driver changes the rings at any moment.
 */
public final class SplitQueue {
    private final GuestMemory memory;
    private final int size;
    private final long descGpa;
    private final long availGpa;
    private final long usedGpa;
    private final boolean eventIdx;
    private final DescriptorTable table;
    private final BitSet inFlight;
    private int nextAvail;
    private int nextUsed;
    private int toldUsed;
    private boolean wanted;
    private boolean polled;

    /**
     * A queue at its start, or where it was saved.
     *
     * @param memory where the rings and buffers are
     * @param state size, addresses and indices; must be ready
     * @param features what was negotiated; EVENT_IDX must agree with the state
     * @throws InvalidStateException if the queue is not ready, its rings are not in RAM, or the
     *     features are others
     */
    public SplitQueue(GuestMemory memory, SplitQueueState.V1 state, long features) {
        this.memory = memory;
        this.size = state.size();
        this.descGpa = state.descGpa();
        this.availGpa = state.availGpa();
        this.usedGpa = state.usedGpa();
        this.eventIdx = (features & VirtioFeatures.EVENT_IDX) != 0;
        if (!state.ready() || eventIdx != state.eventIdx()) {
            throw new InvalidStateException(
                    "Queue must be ready, with the features negotiated: ready="
                            + state.ready()
                            + ", eventIdx="
                            + state.eventIdx());
        }
        requireRam(descGpa, (long) SplitRing.DESC_BYTES * size, false);
        requireRam(availGpa, availEventOffset() + 2L, false);
        requireRam(usedGpa, usedEventOffset() + 2L, true);
        boolean indirect = (features & VirtioFeatures.INDIRECT_DESC) != 0;
        this.table = new DescriptorTable(memory, descGpa, size, indirect);
        this.inFlight = new BitSet(size);
        this.nextAvail = state.nextAvail();
        this.nextUsed = state.nextUsed();
        this.toldUsed = nextUsed;
    }

    private void requireRam(long gpa, long lengthBytes, boolean writable) {
        try {
            memory.forEachSegment(gpa, lengthBytes, writable, segment -> {});
        } catch (GuestMemoryException e) {
            throw new InvalidStateException("Queue must lie in RAM: " + e.getMessage());
        }
    }

    /** Number of descriptors. */
    public int size() {
        return size;
    }

    /** Chains that were taken and not given back. */
    public int inFlight() {
        return inFlight.cardinality();
    }

    /**
     * Takes the next available chain.
     *
     * @return the chain, or empty where the driver has made no more available
     * @throws QueueException if the driver broke the rules
     */
    public Optional<DescriptorChain> pop() {
        try {
            int waiting = waiting();
            if (waiting == 0) {
                return Optional.empty();
            }
            if (waiting > size) {
                throw new QueueException(
                        "Cannot take a chain: available index jumped by "
                                + waiting
                                + ", size="
                                + size);
            }
            int slot = nextAvail & (size - 1);
            int head =
                    memory.loadU16(
                            availGpa
                                    + SplitRing.RING_ELEMENTS
                                    + (long) SplitRing.AVAIL_ELEMENT_BYTES * slot);
            if (head >= size || inFlight.get(head)) {
                throw new QueueException(
                        "Cannot take a chain: head is "
                                + (head >= size ? "none" : "in flight")
                                + ", head="
                                + head
                                + ", size="
                                + size);
            }
            DescriptorChain chain = table.chain(head);
            inFlight.set(head);
            nextAvail = nextAvail + 1 & 0xffff;
            return Optional.of(chain);
        } catch (GuestMemoryException e) {
            throw new QueueException("Cannot take a chain: descriptors outside RAM", e);
        }
    }

    /**
     * Puts back the chain that {@link #pop} gave last, as if it had not been taken; those before it
     * can follow, in reverse order. Chains that were given back since do not matter.
     *
     * @throws IllegalStateException if it is not in flight
     */
    public void unpop(DescriptorChain chain) {
        if (!inFlight.get(chain.head())) {
            throw new IllegalStateException("Chain is not in flight: head=" + chain.head());
        }
        inFlight.clear(chain.head());
        nextAvail = nextAvail - 1 & 0xffff;
    }

    /** How far the driver is ahead, 0..65535; later loads see what it published (§2.7.13.3). */
    private int waiting() {
        return memory.loadAcquireU16(availGpa + SplitRing.RING_IDX) - nextAvail & 0xffff;
    }

    /**
     * Gives a chain back (virtio 1.2 §2.7.8).
     *
     * @param chain one that {@link #pop} gave
     * @param writtenBytes how much was written into its writable buffers, 0..2^32-1
     * @throws IllegalStateException if it is not in flight
     */
    public void push(DescriptorChain chain, long writtenBytes) {
        fill(chain, writtenBytes);
        publish();
    }

    /**
     * As {@link #push}, but the driver sees it only with the next {@link #publish}: chains that
     * belong together are to be seen together.
     */
    public void fill(DescriptorChain chain, long writtenBytes) {
        if (!inFlight.get(chain.head())) {
            throw new IllegalStateException("Chain is not in flight: head=" + chain.head());
        }
        inFlight.clear(chain.head());
        long at =
                usedGpa
                        + SplitRing.RING_ELEMENTS
                        + (long) SplitRing.USED_ELEMENT_BYTES * (nextUsed & (size - 1));
        memory.storeU32(at, chain.head());
        memory.storeU32(at + SplitRing.USED_ELEMENT_LEN, Math.min(writtenBytes, 0xffff_ffffL));
        nextUsed = nextUsed + 1 & 0xffff;
    }

    /** Lets the driver see what was filled in. */
    public void publish() {
        memory.storeReleaseU16(usedGpa + SplitRing.RING_IDX, nextUsed);
    }

    /**
     * Whether the driver wants to hear of what was pushed since this was last asked (virtio 1.2
     * §2.7.7, §2.7.10). Ask once after each batch.
     */
    public boolean needsInterrupt() {
        if (nextUsed == toldUsed) {
            return false;
        }
        int before = toldUsed;
        toldUsed = nextUsed;
        memory.fullFence(); // the index was published; now what the driver asks for is read
        if (!eventIdx) {
            int flags = memory.loadU16(availGpa + SplitRing.RING_FLAGS);
            return (flags & SplitRing.AVAIL_F_NO_INTERRUPT) == 0;
        }
        int event = memory.loadU16(availGpa + availEventOffset());
        return (nextUsed - event - 1 & 0xffff) < (nextUsed - before & 0xffff);
    }

    /** Tells the driver that notifications are not needed for now. A hint. */
    public void disableNotifications() {
        wanted = false;
        if (!eventIdx && !polled) {
            memory.storeU16(usedGpa + SplitRing.RING_FLAGS, SplitRing.USED_F_NO_NOTIFY);
        } // with EVENT_IDX the event index stays behind, which is as good
    }

    /**
     * Asks the driver to notify of the next chain.
     *
     * @return whether chains became available meanwhile, of which no notification will come
     */
    public boolean enableNotifications() {
        wanted = true;
        if (!polled) {
            askForNotifications();
        }
        return waiting() != 0;
    }

    private void askForNotifications() {
        if (eventIdx) {
            memory.storeU16(usedGpa + usedEventOffset(), nextAvail);
        } else {
            memory.storeU16(usedGpa + SplitRing.RING_FLAGS, 0);
        }
        memory.fullFence(); // what is asked for was published; now the index is read again
    }

    /**
     * The device looks into the queue by itself, so that the driver needs to notify of nothing: the
     * notifications that the device enables are asked for by {@link #endPolling} only. Idempotent.
     */
    public void beginPolling() {
        if (!polled) {
            polled = true;
            if (eventIdx) {
                memory.storeU16(usedGpa + usedEventOffset(), nextAvail - 1);
            } else {
                memory.storeU16(usedGpa + SplitRing.RING_FLAGS, SplitRing.USED_F_NO_NOTIFY);
            }
        }
    }

    /**
     * The device will look no more: the driver is asked to notify, where the device enabled that.
     * What became available meanwhile is {@link #isAwaited}. Idempotent.
     */
    public void endPolling() {
        if (polled) {
            polled = false;
            if (wanted) {
                askForNotifications();
            }
        }
    }

    /**
     * Whether a chain is available of which the device would want to be notified. Where the queue
     * turned out to be no memory it says so: {@link #pop} then has the reason.
     */
    public boolean isAwaited() {
        try {
            return wanted && waiting() != 0;
        } catch (GuestMemoryException e) {
            return true;
        }
    }

    private int availEventOffset() {
        return SplitRing.RING_ELEMENTS + SplitRing.AVAIL_ELEMENT_BYTES * size;
    }

    private int usedEventOffset() {
        return SplitRing.RING_ELEMENTS + SplitRing.USED_ELEMENT_BYTES * size;
    }

    /**
     * Where the queue stands.
     *
     * @throws IllegalStateException if chains are in flight
     */
    public SplitQueueState.V1 exportState() {
        if (!inFlight.isEmpty()) {
            throw new IllegalStateException("Chains are in flight: count=" + inFlight());
        }
        return new SplitQueueState.V1(
                size, true, descGpa, availGpa, usedGpa, nextAvail, nextUsed, eventIdx);
    }
}
