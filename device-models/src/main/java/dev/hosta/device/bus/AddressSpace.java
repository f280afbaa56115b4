package dev.hosta.device.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * One address space of the machine, port I/O or MMIO: which device answers where.
 *
 * <p>Ranges are sorted and never overlap. Open bus: where nothing is claimed, a read gives all ones
 * and a write is dropped; both are counted.
 *
 * <p>An access that lies in one range and is 1, 2, 4 or 8 bytes wide reaches its device as one
 * call. Any other (it straddles a range's end, or has an odd width, as KVM gives for an MMIO access
 * across a page) is split into bytes, low address first, and each byte goes where it belongs.
 * Addresses do not wrap: bytes past 2^64 are open bus.
 *
 * <p>Threading: any thread reads, writes and looks at the ranges, without a lock: a lookup is a
 * binary search in an immutable snapshot, which each claim replaces. Claims may come from any
 * thread and exclude each other; the machine makes them on its control thread.
 */
public final class AddressSpace {
    private static final int WIDEST_ACCESS_BYTES = 8;

    private final String name;
    private final LongAdder unclaimedReads = new LongAdder();
    private final LongAdder unclaimedWrites = new LongAdder();
    private volatile Range[] ranges = {};

    /**
     * One claimed range.
     *
     * @param base first address, unsigned
     * @param sizeBytes length in bytes, from 1; {@code base + sizeBytes} is at most 2^64
     * @param name whose it is, for people
     * @param device what answers there
     */
    public record Range(long base, long sizeBytes, String name, BusDevice device) {
        /** Checks the length and that the end does not wrap. */
        public Range {
            Objects.requireNonNull(name);
            Objects.requireNonNull(device);
            if (sizeBytes <= 0 || Long.compareUnsigned(base + (sizeBytes - 1), base) < 0) {
                throw new IllegalArgumentException(
                        "Cannot claim "
                                + name
                                + ": base=0x"
                                + Long.toHexString(base)
                                + ", sizeBytes=0x"
                                + Long.toHexString(sizeBytes));
            }
        }

        /** The last address of the range, unsigned. */
        public long last() {
            return base + (sizeBytes - 1);
        }

        /** Name and addresses, e.g. {@code com1 [0x3f8, 0x3ff]}. */
        @Override
        public String toString() {
            return name + " [0x" + Long.toHexString(base) + ", 0x" + Long.toHexString(last()) + "]";
        }
    }

    /**
     * An empty address space: all open bus.
     *
     * @param name for messages, e.g. {@code "port I/O"}
     */
    public AddressSpace(String name) {
        this.name = Objects.requireNonNull(name);
    }

    /**
     * Gives a range to a device.
     *
     * @param base first address, unsigned
     * @param sizeBytes length in bytes, from 1
     * @param rangeName whose it is, for messages and for people
     * @param device what answers there; the same device may hold several ranges
     * @throws IllegalArgumentException if the range is empty, wraps or overlaps another; the
     *     message names both
     */
    public synchronized void claim(long base, long sizeBytes, String rangeName, BusDevice device) {
        Range claimed = new Range(base, sizeBytes, rangeName, device);
        List<Range> next = new ArrayList<>(List.of(ranges));
        for (Range other : next) {
            if (Long.compareUnsigned(claimed.base(), other.last()) <= 0
                    && Long.compareUnsigned(other.base(), claimed.last()) <= 0) {
                throw new IllegalArgumentException(
                        "Cannot claim " + claimed + " in " + name + ": overlaps " + other);
            }
        }
        next.add(claimed);
        next.sort((a, b) -> Long.compareUnsigned(a.base(), b.base()));
        ranges = next.toArray(Range[]::new);
    }

    /**
     * Reads on behalf of the guest.
     *
     * @param address first address, unsigned
     * @param widthBytes 1..8
     * @return the value, little-endian, with all bits above the width zero
     */
    public long read(long address, int widthBytes) {
        Range[] snapshot = ranges;
        checkWidth(widthBytes);
        Range range = find(snapshot, address);
        if (range != null && takesWhole(range, address, widthBytes)) {
            return range.device().read(address - range.base(), widthBytes) & mask(widthBytes);
        }
        if (range == null && isOpen(snapshot, address, widthBytes)) {
            unclaimedReads.increment();
            return mask(widthBytes);
        }
        return readBytes(snapshot, address, widthBytes);
    }

    /**
     * Writes on behalf of the guest.
     *
     * @param address first address, unsigned
     * @param widthBytes 1..8
     * @param value little-endian; bits above the width are ignored
     */
    public void write(long address, int widthBytes, long value) {
        Range[] snapshot = ranges;
        checkWidth(widthBytes);
        Range range = find(snapshot, address);
        if (range != null && takesWhole(range, address, widthBytes)) {
            range.device().write(address - range.base(), widthBytes, value & mask(widthBytes));
        } else if (range == null && isOpen(snapshot, address, widthBytes)) {
            unclaimedWrites.increment();
        } else {
            writeBytes(snapshot, address, widthBytes, value);
        }
    }

    /** All ranges, by address. */
    public List<Range> ranges() {
        return List.of(ranges);
    }

    /** What this address space is called. */
    public String name() {
        return name;
    }

    /** Reads so far of which at least one byte was open bus. */
    public long unclaimedReads() {
        return unclaimedReads.sum();
    }

    /** Writes so far of which at least one byte was open bus. */
    public long unclaimedWrites() {
        return unclaimedWrites.sum();
    }

    private long readBytes(Range[] snapshot, long address, int widthBytes) {
        long value = 0;
        boolean open = false;
        for (int i = 0; i < widthBytes; i++) {
            Range range = findByte(snapshot, address, i);
            open |= range == null;
            long piece = range == null ? 0xff : range.device().read(address + i - range.base(), 1);
            value |= (piece & 0xff) << (8 * i);
        }
        if (open) {
            unclaimedReads.increment();
        }
        return value;
    }

    private void writeBytes(Range[] snapshot, long address, int widthBytes, long value) {
        boolean open = false;
        for (int i = 0; i < widthBytes; i++) {
            Range range = findByte(snapshot, address, i);
            open |= range == null;
            if (range != null) {
                range.device().write(address + i - range.base(), 1, (value >>> (8 * i)) & 0xff);
            }
        }
        if (open) {
            unclaimedWrites.increment();
        }
    }

    /** The range of one byte of an access, or null: past 2^64 there is none. */
    private static Range findByte(Range[] snapshot, long address, int i) {
        boolean wrapped = Long.compareUnsigned(address + i, address) < 0;
        return wrapped ? null : find(snapshot, address + i);
    }

    private static boolean isOpen(Range[] snapshot, long address, int widthBytes) {
        for (int i = 1; i < widthBytes; i++) {
            if (findByte(snapshot, address, i) != null) {
                return false;
            }
        }
        return true;
    }

    /** Whether the device gets the access as one call; {@code address} lies in the range. */
    private static boolean takesWhole(Range range, long address, int widthBytes) {
        return (widthBytes & (widthBytes - 1)) == 0
                && Long.compareUnsigned(range.last() - address, widthBytes - 1L) >= 0;
    }

    private static Range find(Range[] snapshot, long address) {
        int low = 0;
        int high = snapshot.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Range range = snapshot[middle];
            if (Long.compareUnsigned(address, range.base()) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(address, range.last()) > 0) {
                low = middle + 1;
            } else {
                return range;
            }
        }
        return null;
    }

    private static long mask(int widthBytes) {
        return -1L >>> (64 - 8 * widthBytes);
    }

    private static void checkWidth(int widthBytes) {
        if (widthBytes < 1 || widthBytes > WIDEST_ACCESS_BYTES) {
            throw new IllegalArgumentException(
                    "Access width must be 1..8 bytes: widthBytes=" + widthBytes);
        }
    }
}
