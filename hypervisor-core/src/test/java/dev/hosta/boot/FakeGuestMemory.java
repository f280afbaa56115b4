package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.memory.GuestMemoryException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Sparse guest memory on the heap: pages that were not written read as zero. */
final class FakeGuestMemory implements GuestMemory {
    private static final int PAGE = 4096;

    private final E820 ram;
    private final Map<Long, byte[]> pages = new HashMap<>();

    private FakeGuestMemory(E820 ram) {
        this.ram = ram;
    }

    /** RAM exactly where the map says usable RAM: touching a reserved range fails. */
    static FakeGuestMemory usableOf(E820 e820) {
        return new FakeGuestMemory(e820);
    }

    /** RAM from 0 on, the reserved range below 1 MiB too. */
    static FakeGuestMemory ofBytes(long sizeBytes) {
        E820.Entry all = new E820.Entry(0, sizeBytes, E820.RAM);
        return new FakeGuestMemory(new E820(List.of(all)));
    }

    /** How many pages were written. */
    int writtenPages() {
        return pages.size();
    }

    byte[] bytes(long gpa, int length) {
        byte[] bytes = new byte[length];
        read(gpa, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private void check(long gpa, long length) {
        if (!ram.isRam(gpa, length)) {
            throw new GuestMemoryException(
                    "Not RAM: gpa=0x" + Long.toHexString(gpa) + ", length=" + length, gpa, length);
        }
    }

    @Override
    public int loadU8(long gpa) {
        check(gpa, 1);
        byte[] page = pages.get(gpa / PAGE);
        return page == null ? 0 : page[(int) (gpa % PAGE)] & 0xff;
    }

    @Override
    public int loadU16(long gpa) {
        return (int) load(gpa, 2);
    }

    @Override
    public long loadU32(long gpa) {
        return load(gpa, 4);
    }

    @Override
    public long loadU64(long gpa) {
        return load(gpa, 8);
    }

    private long load(long gpa, int width) {
        check(gpa, width);
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (long) loadU8(gpa + i) << 8 * i;
        }
        return value;
    }

    @Override
    public void storeU8(long gpa, int value) {
        check(gpa, 1);
        pages.computeIfAbsent(gpa / PAGE, p -> new byte[PAGE])[(int) (gpa % PAGE)] = (byte) value;
    }

    @Override
    public void storeU16(long gpa, int value) {
        store(gpa, value, 2);
    }

    @Override
    public void storeU32(long gpa, long value) {
        store(gpa, value, 4);
    }

    @Override
    public void storeU64(long gpa, long value) {
        store(gpa, value, 8);
    }

    private void store(long gpa, long value, int width) {
        check(gpa, width);
        for (int i = 0; i < width; i++) {
            storeU8(gpa + i, (int) (value >>> 8 * i));
        }
    }

    @Override
    public int loadAcquireU16(long gpa) {
        return loadU16(gpa);
    }

    @Override
    public void storeReleaseU16(long gpa, int value) {
        storeU16(gpa, value);
    }

    @Override
    public void fullFence() {
        // One thread.
    }

    @Override
    public void read(long gpa, MemorySegment to) {
        check(gpa, to.byteSize());
        for (long i = 0; i < to.byteSize(); i++) {
            to.set(ValueLayout.JAVA_BYTE, i, (byte) loadU8(gpa + i));
        }
    }

    @Override
    public void write(long gpa, MemorySegment from) {
        check(gpa, from.byteSize());
        long done = 0;
        while (done < from.byteSize()) {
            int offset = (int) ((gpa + done) % PAGE);
            int chunk = (int) Math.min(PAGE - offset, from.byteSize() - done);
            byte[] page = pages.computeIfAbsent((gpa + done) / PAGE, p -> new byte[PAGE]);
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, done, page, offset, chunk);
            done += chunk;
        }
    }

    @Override
    public void fill(long gpa, long lengthBytes, byte value) {
        check(gpa, lengthBytes);
        if (value != 0) {
            byte[] bytes = new byte[Math.toIntExact(lengthBytes)];
            Arrays.fill(bytes, value);
            write(gpa, MemorySegment.ofArray(bytes));
            return;
        }
        // Pages that do not exist are zero already; a fill may span gigabytes of them.
        for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
            long start = page.getKey() * PAGE;
            long from = Math.max(gpa, start) - start;
            long to = Math.min(gpa + lengthBytes, start + PAGE) - start;
            if (from < to) {
                Arrays.fill(page.getValue(), (int) from, (int) to, value);
            }
        }
    }

    @Override
    public void forEachSegment(
            long gpa, long lengthBytes, boolean writable, Consumer<MemorySegment> action) {
        throw new UnsupportedOperationException("boot copies through write()");
    }

    @Override
    public void markDirty(long gpa, long lengthBytes) {
        check(gpa, lengthBytes);
    }
}
