package dev.hosta.device.virtio;

import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_INDIRECT;
import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_NEXT;
import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_WRITE;

import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.queue.GuestDriver;

import java.util.Random;

/** What a hostile driver does to a queue that was fresh. */
enum BrokenQueue {
    /** More is available than the queue holds. */
    INDEX_JUMP(true),
    /** A head that is no descriptor. */
    HEAD_OUTSIDE(true),
    /** A chain without an end. */
    LOOP(true),
    /** A next descriptor that is none. */
    NEXT_OUTSIDE(true),
    /** A buffer of no bytes. */
    EMPTY_BUFFER(true),
    /** A buffer to read behind one to write. */
    READABLE_BEHIND_WRITABLE(true),
    /** A table of descriptors in a table. */
    NESTED_TABLE(true),
    /** A table that is not in RAM. */
    TABLE_OUTSIDE(true),
    /** More than 4 GiB in a chain. */
    TOO_LONG(true),
    /** The same chain twice. */
    TWICE(false),
    /** Buffers of 4 GiB each way. */
    FOUR_GIGABYTES(false),
    /** Readable buffers that are not in RAM. */
    READABLE_OUTSIDE(false),
    /** Writable buffers that are not in RAM. */
    WRITABLE_OUTSIDE(false),
    /** Buffers that wrap around the end of addresses. */
    WRAPPING(false),
    /** One byte to read. */
    TINY_READABLE(false),
    /** One byte to write. */
    TINY_WRITABLE(false);

    private static final long FAR_GPA = 1L << 40;

    private final boolean surelySeen;

    BrokenQueue(boolean surelySeen) {
        this.surelySeen = surelySeen;
    }

    /** Whether a device that looks into the queue must find it, whatever device it is. */
    boolean isSurelySeen() {
        return surelySeen;
    }

    /** Breaks the queue; buffers and tables may lie at {@code gpa}. */
    void prepare(GuestDriver queue, long gpa) {
        switch (this) {
            case INDEX_JUMP -> queue.moveAvailIndex(VirtioRig.RING_SIZE * 64);
            case HEAD_OUTSIDE -> queue.publish(VirtioRig.RING_SIZE * 64);
            case LOOP -> {
                queue.descriptor(0, gpa, 16, DESC_F_NEXT, 1);
                queue.descriptor(1, gpa, 16, DESC_F_NEXT, 0);
                queue.publish(0);
            }
            case NEXT_OUTSIDE -> {
                queue.descriptor(0, gpa, 16, DESC_F_NEXT, 0xffff);
                queue.publish(0);
            }
            case EMPTY_BUFFER -> single(queue, gpa, 0, 0);
            case READABLE_BEHIND_WRITABLE -> {
                queue.descriptor(0, gpa, 64, DESC_F_NEXT | DESC_F_WRITE, 1);
                queue.descriptor(1, gpa, 64, 0, 0);
                queue.publish(0);
            }
            case NESTED_TABLE -> {
                queue.descriptorAt(gpa, gpa + 64, 16, DESC_F_INDIRECT, 0);
                single(queue, gpa, 16, DESC_F_INDIRECT);
            }
            case TABLE_OUTSIDE -> single(queue, -32, 32, DESC_F_INDIRECT);
            case TOO_LONG -> {
                queue.descriptor(0, gpa, 0xffff_ffffL, DESC_F_NEXT, 1);
                queue.descriptor(1, gpa, 0xffff_ffffL, 0, 0);
                queue.publish(0);
            }
            case TWICE -> {
                single(queue, gpa, 64, DESC_F_WRITE);
                queue.publish(0);
            }
            case FOUR_GIGABYTES -> {
                queue.descriptor(0, gpa, 0x8000_0000L, DESC_F_NEXT, 1);
                queue.descriptor(1, gpa, 0x7fff_ffffL, DESC_F_WRITE, 0);
                queue.publish(0);
            }
            case READABLE_OUTSIDE -> {
                queue.descriptor(0, FAR_GPA, 64, DESC_F_NEXT, 1);
                queue.descriptor(1, gpa, 64, DESC_F_WRITE, 0);
                queue.publish(0);
            }
            case WRITABLE_OUTSIDE -> {
                queue.descriptor(0, gpa, 64, DESC_F_NEXT, 1);
                queue.descriptor(1, FAR_GPA, 64, DESC_F_WRITE, 0);
                queue.publish(0);
            }
            case WRAPPING -> {
                queue.descriptor(0, -8, 64, DESC_F_NEXT, 1);
                queue.descriptor(1, -8, 64, DESC_F_WRITE, 0);
                queue.publish(0);
            }
            case TINY_READABLE -> single(queue, gpa, 1, 0);
            case TINY_WRITABLE -> single(queue, gpa, 1, DESC_F_WRITE);
        }
    }

    private static void single(GuestDriver queue, long gpa, long lengthBytes, int flags) {
        queue.descriptor(0, gpa, lengthBytes, flags, 0);
        queue.publish(0);
    }

    /** Changes a bit of the rings' business, as a guest does from another processor. */
    static void scribble(Random random, FakeGuestMemory memory, GuestDriver queue) {
        int size = VirtioRig.RING_SIZE;
        int index = random.nextInt(4);
        long gpa = memory.baseGpa() + random.nextInt((int) memory.sizeBytes() - 64);
        switch (random.nextInt(6)) {
            case 0 -> memory.storeU16(queue.descGpa() + 16L * index + 14, random.nextInt(size + 1));
            case 1 -> memory.storeU16(queue.descGpa() + 16L * index + 12, random.nextInt(8));
            case 2 -> memory.storeU32(queue.descGpa() + 16L * index + 8, random.nextInt(4096));
            case 3 -> memory.storeU64(queue.descGpa() + 16L * index, gpa);
            case 4 -> memory.storeU16(queue.availGpa() + 4 + 2L * index, random.nextInt(4));
            default -> memory.storeU16(queue.availGpa() + 2, random.nextInt(6));
        }
    }
}
