package dev.hosta.device.virtio.queue;

import dev.hosta.device.memory.GuestMemory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One chain of buffers that the driver made available: first those that the device reads, then
 * those that it writes.
 *
 * <p>Addresses and lengths were read from the ring once and do not change any more; what the
 * buffers hold is the guest's and may change at any moment. Offsets count bytes from the start of
 * all readable, or all writable, buffers together, so that no device depends on how a driver cuts
 * them (virtio 1.2 §2.7.4). All methods throw {@link dev.hosta.device.memory.GuestMemoryException}
 * where a buffer is not RAM.
 *
 * <p>Threading: the device's thread fills it; afterwards it is immutable.
 */
public final class DescriptorChain {
    private static final int FIRST_CAPACITY = 4;

    private final GuestMemory memory;
    private final int head;
    private long[] gpas = new long[FIRST_CAPACITY];
    private long[] lengths = new long[FIRST_CAPACITY];
    private int count;
    private int readableCount;
    private long readableBytes;
    private long writableBytes;

    DescriptorChain(GuestMemory memory, int head) {
        this.memory = memory;
        this.head = head;
    }

    /** Appends a buffer; false where a readable one follows a writable one. */
    boolean add(long gpa, long lengthBytes, boolean writable) {
        if (!writable && count > readableCount) {
            return false;
        }
        if (count == gpas.length) {
            gpas = Arrays.copyOf(gpas, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        gpas[count] = gpa;
        lengths[count] = lengthBytes;
        count++;
        if (writable) {
            writableBytes += lengthBytes;
        } else {
            readableCount++;
            readableBytes += lengthBytes;
        }
        return true;
    }

    /** Index of the first descriptor, by which the chain is given back; 0..size-1. */
    public int head() {
        return head;
    }

    /** Number of buffers, 1 or more. */
    public int bufferCount() {
        return count;
    }

    /** Bytes that the device may read. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the device may write. */
    public long writableBytes() {
        return writableBytes;
    }

    /** Copies {@code to.byteSize()} readable bytes from {@code offset} on. */
    public void read(long offset, MemorySegment to) {
        forEach(
                false,
                offset,
                to.byteSize(),
                (gpa, done, length) -> memory.read(gpa, to.asSlice(done, length)));
    }

    /** Copies all of {@code from} into the writable bytes, from {@code offset} on. */
    public void write(long offset, MemorySegment from) {
        forEach(
                true,
                offset,
                from.byteSize(),
                (gpa, done, length) -> memory.write(gpa, from.asSlice(done, length)));
    }

    /** Writes one of the writable bytes. */
    public void writeU8(long offset, int value) {
        forEach(true, offset, 1, (gpa, done, length) -> memory.storeU8(gpa, value));
    }

    /** The host memory behind readable bytes, checked, in order. */
    public List<MemorySegment> readableSegments(long offset, long lengthBytes) {
        return segments(false, offset, lengthBytes);
    }

    /** The host memory behind writable bytes, checked, in order. */
    public List<MemorySegment> writableSegments(long offset, long lengthBytes) {
        return segments(true, offset, lengthBytes);
    }

    /** Tells dirty tracking that the host wrote these of the writable bytes. */
    public void markWritten(long offset, long lengthBytes) {
        forEach(true, offset, lengthBytes, (gpa, done, length) -> memory.markDirty(gpa, length));
    }

    private List<MemorySegment> segments(boolean writable, long offset, long lengthBytes) {
        List<MemorySegment> found = new ArrayList<>(count);
        forEach(
                writable,
                offset,
                lengthBytes,
                (gpa, done, length) -> memory.forEachSegment(gpa, length, writable, found::add));
        return found;
    }

    /** One piece of a range, inside one buffer. */
    @FunctionalInterface
    private interface Piece {
        void at(long gpa, long done, long lengthBytes);
    }

    private void forEach(boolean writable, long offset, long lengthBytes, Piece piece) {
        long total = writable ? writableBytes : readableBytes;
        if (offset < 0 || lengthBytes < 0 || offset > total - lengthBytes) {
            throw new IndexOutOfBoundsException(
                    "Range is not in the chain: offset="
                            + offset
                            + ", lengthBytes="
                            + lengthBytes
                            + ", total="
                            + total);
        }
        int end = writable ? count : readableCount;
        long skip = offset;
        long done = 0;
        for (int i = writable ? readableCount : 0; i < end && done < lengthBytes; i++) {
            if (skip >= lengths[i]) {
                skip -= lengths[i];
                continue;
            }
            long length = Math.min(lengths[i] - skip, lengthBytes - done);
            piece.at(gpas[i] + skip, done, length);
            done += length;
            skip = 0;
        }
    }
}
