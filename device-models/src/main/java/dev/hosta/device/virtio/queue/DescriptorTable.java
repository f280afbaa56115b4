package dev.hosta.device.virtio.queue;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.virtio.abi.SplitRing;

/**
 * Walks descriptors into chains (virtio 1.2 §2.7.5), believing nothing: each descriptor is read
 * once, and the walk ends after as many descriptors as a chain may have.
 *
 * <p>Threading: the device's thread.
 */
final class DescriptorTable {
    /**
     * Buffers that a chain may have where the queue is smaller: drivers put more into an indirect
     * table than the queue has descriptors.
     */
    static final int MOST_BUFFERS = 1024;

    /** A chain may hold 2^32 bytes in total (virtio 1.2 §2.7.5.2). */
    static final long MOST_BYTES = 1L << 32;

    private final GuestMemory memory;
    private final long tableGpa;
    private final int size;
    private final boolean indirectAllowed;

    DescriptorTable(GuestMemory memory, long tableGpa, int size, boolean indirectAllowed) {
        this.memory = memory;
        this.tableGpa = tableGpa;
        this.size = size;
        this.indirectAllowed = indirectAllowed;
    }

    /**
     * The chain that starts at a descriptor.
     *
     * @throws QueueException if it is not a chain
     */
    DescriptorChain chain(int head) {
        DescriptorChain chain = new DescriptorChain(memory, head);
        walk(chain, tableGpa, size, head, false);
        return chain;
    }

    private void walk(DescriptorChain chain, long gpa, int entries, int first, boolean indirect) {
        int index = first;
        for (int walked = 0; walked < entries; walked++) {
            if (index >= entries) {
                throw broken(chain, "descriptor " + index + " of " + entries);
            }
            long at = gpa + (long) index * SplitRing.DESC_BYTES;
            long bufferGpa = memory.loadU64(at);
            long lengthBytes = memory.loadU32(at + SplitRing.DESC_LEN);
            int flags = memory.loadU16(at + SplitRing.DESC_FLAGS);
            int next = memory.loadU16(at + SplitRing.DESC_NEXT);
            boolean more = (flags & SplitRing.DESC_F_NEXT) != 0;
            if ((flags & SplitRing.DESC_F_INDIRECT) != 0) {
                if (!indirectAllowed || indirect || more) {
                    throw broken(chain, indirect ? "nested table" : "indirect, flags=" + flags);
                }
                walk(chain, bufferGpa, entriesOf(chain, lengthBytes), 0, true);
                return;
            }
            add(chain, bufferGpa, lengthBytes, (flags & SplitRing.DESC_F_WRITE) != 0);
            if (!more) {
                return;
            }
            index = next;
        }
        throw broken(chain, "no end after " + entries + " descriptors");
    }

    private int entriesOf(DescriptorChain chain, long lengthBytes) {
        long entries = lengthBytes / SplitRing.DESC_BYTES;
        if (lengthBytes % SplitRing.DESC_BYTES != 0
                || entries == 0
                || entries > SplitRing.MAX_SIZE) {
            throw broken(chain, "table of " + lengthBytes + " bytes");
        }
        return (int) entries;
    }

    private void add(DescriptorChain chain, long gpa, long lengthBytes, boolean writable) {
        if (lengthBytes == 0) {
            throw broken(chain, "empty buffer");
        }
        if (chain.bufferCount() >= Math.max(size, MOST_BUFFERS)) {
            throw broken(chain, "more than " + chain.bufferCount() + " buffers");
        }
        if (!chain.add(gpa, lengthBytes, writable)) {
            throw broken(chain, "readable after writable buffer");
        }
        if (chain.readableBytes() + chain.writableBytes() > MOST_BYTES) {
            throw broken(chain, "more than 4 GiB");
        }
    }

    private static QueueException broken(DescriptorChain chain, String what) {
        return new QueueException(
                "Cannot take a descriptor chain: " + what + ", head=" + chain.head());
    }
}
