package dev.hosta.device.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.function.Consumer;

/**
 * One region of RAM without a machine, checked as the real one is; everything else is nothing.
 * Remembers which pages were written through it.
 */
public final class FakeGuestMemory implements GuestMemory {
    private static final int PAGE_BYTES = 4096;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ORDERED_U16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final long baseGpa;
    private final MemorySegment ram;
    private final BitSet dirty = new BitSet();

    private FakeGuestMemory(long baseGpa, MemorySegment ram) {
        this.baseGpa = baseGpa;
        this.ram = ram;
    }

    /** RAM in the Java heap. */
    public static FakeGuestMemory onHeap(long baseGpa, int sizeBytes) {
        return new FakeGuestMemory(baseGpa, MemorySegment.ofArray(new long[sizeBytes / 8]));
    }

    /** RAM outside the Java heap, for backends that hand addresses to the kernel. */
    public static FakeGuestMemory offHeap(long baseGpa, int sizeBytes) {
        return new FakeGuestMemory(baseGpa, Arena.ofAuto().allocate(sizeBytes, PAGE_BYTES));
    }

    /** First byte of the RAM. */
    public long baseGpa() {
        return baseGpa;
    }

    /** Size of the RAM in bytes. */
    public long sizeBytes() {
        return ram.byteSize();
    }

    /** Whether the page of an address was written, or marked, since {@link #forgetDirty}. */
    public synchronized boolean isDirty(long gpa) {
        return dirty.get((int) ((gpa - baseGpa) / PAGE_BYTES));
    }

    /** Forgets what was written. */
    public synchronized void forgetDirty() {
        dirty.clear();
    }

    private long offset(long gpa, long lengthBytes) {
        long offset = gpa - baseGpa;
        if (lengthBytes < 0 || offset < 0 || offset > ram.byteSize() - lengthBytes) {
            throw new GuestMemoryException(
                    String.format("Not RAM: gpa=0x%x, lengthBytes=0x%x", gpa, lengthBytes),
                    gpa,
                    lengthBytes);
        }
        return offset;
    }

    private long written(long gpa, long lengthBytes) {
        long offset = offset(gpa, lengthBytes);
        markDirty(gpa, lengthBytes);
        return offset;
    }

    private long ordered(long gpa) {
        if ((gpa & 1) != 0) {
            throw new GuestMemoryException("Misaligned: gpa=0x" + Long.toHexString(gpa), gpa, 2);
        }
        return offset(gpa, 2);
    }

    @Override
    public int loadU8(long gpa) {
        return ram.get(ValueLayout.JAVA_BYTE, offset(gpa, 1)) & 0xff;
    }

    @Override
    public int loadU16(long gpa) {
        return ram.get(U16, offset(gpa, 2)) & 0xffff;
    }

    @Override
    public long loadU32(long gpa) {
        return Integer.toUnsignedLong(ram.get(U32, offset(gpa, 4)));
    }

    @Override
    public long loadU64(long gpa) {
        return ram.get(U64, offset(gpa, 8));
    }

    @Override
    public void storeU8(long gpa, int value) {
        ram.set(ValueLayout.JAVA_BYTE, written(gpa, 1), (byte) value);
    }

    @Override
    public void storeU16(long gpa, int value) {
        ram.set(U16, written(gpa, 2), (short) value);
    }

    @Override
    public void storeU32(long gpa, long value) {
        ram.set(U32, written(gpa, 4), (int) value);
    }

    @Override
    public void storeU64(long gpa, long value) {
        ram.set(U64, written(gpa, 8), value);
    }

    @Override
    public int loadAcquireU16(long gpa) {
        return (short) ORDERED_U16.getAcquire(ram, ordered(gpa)) & 0xffff;
    }

    @Override
    public void storeReleaseU16(long gpa, int value) {
        ORDERED_U16.setRelease(ram, ordered(gpa), (short) value);
        markDirty(gpa, 2);
    }

    @Override
    public void fullFence() {
        VarHandle.fullFence();
    }

    @Override
    public void read(long gpa, MemorySegment to) {
        to.copyFrom(ram.asSlice(offset(gpa, to.byteSize()), to.byteSize()));
    }

    @Override
    public void write(long gpa, MemorySegment from) {
        ram.asSlice(written(gpa, from.byteSize()), from.byteSize()).copyFrom(from);
    }

    @Override
    public void fill(long gpa, long lengthBytes, byte value) {
        ram.asSlice(written(gpa, lengthBytes), lengthBytes).fill(value);
    }

    @Override
    public void forEachSegment(
            long gpa, long lengthBytes, boolean writable, Consumer<MemorySegment> action) {
        action.accept(ram.asSlice(offset(gpa, lengthBytes), lengthBytes));
    }

    @Override
    public synchronized void markDirty(long gpa, long lengthBytes) {
        long offset = offset(gpa, lengthBytes);
        if (lengthBytes > 0) {
            dirty.set(
                    (int) (offset / PAGE_BYTES),
                    (int) ((offset + lengthBytes - 1) / PAGE_BYTES) + 1);
        }
    }
}
