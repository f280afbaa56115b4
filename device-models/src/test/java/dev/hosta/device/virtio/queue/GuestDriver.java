package dev.hosta.device.virtio.queue;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.virtio.abi.SplitRing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The driver's side of one split virtqueue (virtio 1.2 §2.7.13, §2.7.14), well-behaved unless one
 * of the raw methods is used.
 */
public final class GuestDriver {
    /** A buffer of a chain. */
    public record Buffer(long gpa, long lengthBytes, boolean deviceWrites) {
        /** A buffer that the device reads. */
        public static Buffer toDevice(long gpa, long lengthBytes) {
            return new Buffer(gpa, lengthBytes, false);
        }

        /** A buffer that the device writes. */
        public static Buffer fromDevice(long gpa, long lengthBytes) {
            return new Buffer(gpa, lengthBytes, true);
        }
    }

    /** A chain that the device gave back. */
    public record Used(int head, long writtenBytes) {}

    private final GuestMemory memory;
    private final int size;
    private final long descGpa;
    private final long availGpa;
    private final long usedGpa;
    private final boolean eventIdx;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, List<Integer>> out = new HashMap<>();
    private int availIndex;
    private int toldAvail;
    private int usedIndex;

    /** A queue at {@code gpa}, laid out one part after the other, each on a page of its own. */
    public GuestDriver(GuestMemory memory, long gpa, int size, boolean eventIdx) {
        this.memory = memory;
        this.size = size;
        this.eventIdx = eventIdx;
        this.descGpa = gpa;
        this.availGpa = nextPage(descGpa + (long) SplitRing.DESC_BYTES * size);
        this.usedGpa = nextPage(availGpa + 6 + 2L * size);
        for (int i = 0; i < size; i++) {
            free.add(i);
        }
    }

    private static long nextPage(long gpa) {
        return gpa + 4095 & ~4095L;
    }

    /** First byte after the rings. */
    public long endGpa() {
        return nextPage(usedGpa + 6 + 8L * size);
    }

    /** The queue as a device at its start would save it. */
    public SplitQueueState.V1 state() {
        return new SplitQueueState.V1(size, true, descGpa, availGpa, usedGpa, 0, 0, eventIdx);
    }

    /** Where the descriptor table is. */
    public long descGpa() {
        return descGpa;
    }

    /** Where the available ring is. */
    public long availGpa() {
        return availGpa;
    }

    /** Where the used ring is. */
    public long usedGpa() {
        return usedGpa;
    }

    /** Makes a chain of direct descriptors available; gives its head. */
    public int add(Buffer... buffers) {
        List<Integer> chain = new ArrayList<>();
        for (int i = 0; i < buffers.length; i++) {
            chain.add(free.remove());
        }
        for (int i = 0; i < buffers.length; i++) {
            boolean more = i + 1 < buffers.length;
            int flags =
                    (buffers[i].deviceWrites() ? SplitRing.DESC_F_WRITE : 0)
                            | (more ? SplitRing.DESC_F_NEXT : 0);
            descriptor(
                    chain.get(i),
                    buffers[i].gpa(),
                    buffers[i].lengthBytes(),
                    flags,
                    more ? chain.get(i + 1) : 0);
        }
        out.put(chain.get(0), chain);
        publish(chain.get(0));
        return chain.get(0);
    }

    /** Makes a chain in an indirect table at {@code tableGpa} available; gives its head. */
    public int addIndirect(long tableGpa, Buffer... buffers) {
        for (int i = 0; i < buffers.length; i++) {
            boolean more = i + 1 < buffers.length;
            int flags =
                    (buffers[i].deviceWrites() ? SplitRing.DESC_F_WRITE : 0)
                            | (more ? SplitRing.DESC_F_NEXT : 0);
            descriptorAt(
                    tableGpa + (long) SplitRing.DESC_BYTES * i,
                    buffers[i].gpa(),
                    buffers[i].lengthBytes(),
                    flags,
                    more ? i + 1 : 0);
        }
        int head = free.remove();
        descriptor(
                head,
                tableGpa,
                (long) SplitRing.DESC_BYTES * buffers.length,
                SplitRing.DESC_F_INDIRECT,
                0);
        out.put(head, List.of(head));
        publish(head);
        return head;
    }

    /** Writes one descriptor of the table, whatever it says. */
    public void descriptor(int index, long gpa, long lengthBytes, int flags, int next) {
        descriptorAt(descGpa + (long) SplitRing.DESC_BYTES * index, gpa, lengthBytes, flags, next);
    }

    /** Writes one descriptor of any table, whatever it says. */
    public void descriptorAt(long at, long gpa, long lengthBytes, int flags, int next) {
        memory.storeU64(at, gpa);
        memory.storeU32(at + SplitRing.DESC_LEN, lengthBytes);
        memory.storeU16(at + SplitRing.DESC_FLAGS, flags);
        memory.storeU16(at + SplitRing.DESC_NEXT, next);
    }

    /** Makes a head available, whatever it is. */
    public void publish(int head) {
        memory.storeU16(availGpa + SplitRing.RING_ELEMENTS + 2L * (availIndex % size), head);
        moveAvailIndex(1);
    }

    /** Moves the available index by any distance. */
    public void moveAvailIndex(int by) {
        availIndex = availIndex + by & 0xffff;
        memory.storeReleaseU16(availGpa + SplitRing.RING_IDX, availIndex);
    }

    /** Whether the device wants to hear of what was made available since this was last asked. */
    public boolean needsNotification() {
        int before = toldAvail;
        toldAvail = availIndex;
        memory.fullFence();
        if (!eventIdx) {
            return (memory.loadU16(usedGpa) & SplitRing.USED_F_NO_NOTIFY) == 0;
        }
        int event = memory.loadU16(usedGpa + SplitRing.RING_ELEMENTS + 8L * size);
        return (availIndex - event - 1 & 0xffff) < (availIndex - before & 0xffff);
    }

    /** Asks for no interrupts, or for them again; without EVENT_IDX. */
    public void suppressInterrupts(boolean suppress) {
        memory.storeU16(availGpa, suppress ? SplitRing.AVAIL_F_NO_INTERRUPT : 0);
    }

    /**
     * Asks for an interrupt once the device gave back the chain with this index; with EVENT_IDX.
     */
    public void usedEvent(int index) {
        memory.storeU16(availGpa + SplitRing.RING_ELEMENTS + 2L * size, index);
    }

    /** Index of the next chain to take from the used ring. */
    public int usedIndex() {
        return usedIndex;
    }

    /** Takes back one chain, if the device gave one. */
    public Optional<Used> poll() {
        if (memory.loadAcquireU16(usedGpa + SplitRing.RING_IDX) == usedIndex) {
            return Optional.empty();
        }
        long at = usedGpa + SplitRing.RING_ELEMENTS + 8L * (usedIndex % size);
        Used used = new Used((int) memory.loadU32(at), memory.loadU32(at + 4));
        usedIndex = usedIndex + 1 & 0xffff;
        List<Integer> chain = out.remove(used.head());
        if (chain == null) {
            throw new AssertionError("device gave back what it does not have: " + used);
        }
        free.addAll(chain);
        return Optional.of(used);
    }
}
