package dev.hosta.memory;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.memory.GuestMemoryException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Guest memory by the stage-two map: what devices get to see.
 *
 * <p>An access finds its region in the flat form of the map (a few nanoseconds, no lock, no
 * garbage), is checked to lie in it, and goes to the host memory behind it. An access over the
 * border of two regions is taken apart. ROM can be read; writing it is refused, as is everything
 * that is not memory: MMIO, the hole, and gpas that wrap.
 *
 * <p>Each write is marked in {@link WrittenPages} after it was done.
 *
 * <p>Threading: any thread. An access that runs while the map changes goes by the old map or the
 * new one; the host memory must outlive all accesses.
 */
public final class MappedGuestMemory implements GuestMemory {
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ORDERED_U16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final StageTwoMap map;

    /**
     * Guest memory as {@code map} has it now and after each change.
     *
     * @param map the map; not owned
     */
    public MappedGuestMemory(StageTwoMap map) {
        this.map = map;
    }

    /** The region that holds all of a scalar, or null where it crosses a border of regions. */
    private RamRegion region(long gpa, int widthBytes, boolean write) {
        RamRegion region = RamRegion.find(map.regions(), gpa);
        if (region == null || write && !region.writable) {
            throw refused(gpa, widthBytes, write, 0);
        }
        return gpa - region.gpa <= region.sizeBytes - widthBytes ? region : null;
    }

    @Override
    public int loadU8(long gpa) {
        RamRegion region = region(gpa, 1, false);
        return region.segment.get(ValueLayout.JAVA_BYTE, gpa - region.gpa) & 0xff;
    }

    @Override
    public int loadU16(long gpa) {
        RamRegion region = region(gpa, 2, false);
        return region == null
                ? (int) loadAcross(gpa, 2)
                : region.segment.get(U16, gpa - region.gpa) & 0xffff;
    }

    @Override
    public long loadU32(long gpa) {
        RamRegion region = region(gpa, 4, false);
        return region == null
                ? loadAcross(gpa, 4)
                : region.segment.get(U32, gpa - region.gpa) & 0xffff_ffffL;
    }

    @Override
    public long loadU64(long gpa) {
        RamRegion region = region(gpa, 8, false);
        return region == null ? loadAcross(gpa, 8) : region.segment.get(U64, gpa - region.gpa);
    }

    private long loadAcross(long gpa, int widthBytes) {
        byte[] bytes = new byte[8];
        read(gpa, MemorySegment.ofArray(bytes).asSlice(0, widthBytes));
        return MemorySegment.ofArray(bytes).get(U64, 0);
    }

    @Override
    public void storeU8(long gpa, int value) {
        RamRegion region = region(gpa, 1, true);
        region.segment.set(ValueLayout.JAVA_BYTE, gpa - region.gpa, (byte) value);
        mark(region, gpa, 1);
    }

    @Override
    public void storeU16(long gpa, int value) {
        RamRegion region = region(gpa, 2, true);
        if (region == null) {
            storeAcross(gpa, value, 2);
            return;
        }
        region.segment.set(U16, gpa - region.gpa, (short) value);
        mark(region, gpa, 2);
    }

    @Override
    public void storeU32(long gpa, long value) {
        RamRegion region = region(gpa, 4, true);
        if (region == null) {
            storeAcross(gpa, value, 4);
            return;
        }
        region.segment.set(U32, gpa - region.gpa, (int) value);
        mark(region, gpa, 4);
    }

    @Override
    public void storeU64(long gpa, long value) {
        RamRegion region = region(gpa, 8, true);
        if (region == null) {
            storeAcross(gpa, value, 8);
            return;
        }
        region.segment.set(U64, gpa - region.gpa, value);
        mark(region, gpa, 8);
    }

    private void storeAcross(long gpa, long value, int widthBytes) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
        bytes.set(U64, 0, value);
        write(gpa, bytes.asSlice(0, widthBytes));
    }

    @Override
    public int loadAcquireU16(long gpa) {
        RamRegion region = ordered(gpa, false);
        return (short) ORDERED_U16.getAcquire(region.segment, gpa - region.gpa) & 0xffff;
    }

    @Override
    public void storeReleaseU16(long gpa, int value) {
        RamRegion region = ordered(gpa, true);
        ORDERED_U16.setRelease(region.segment, gpa - region.gpa, (short) value);
        mark(region, gpa, 2);
    }

    /** An aligned scalar never crosses a border: regions are whole pages. */
    private RamRegion ordered(long gpa, boolean write) {
        if ((gpa & 1) != 0) {
            throw new GuestMemoryException(
                    String.format(
                            "Cannot %s guest memory in order: not 2-byte aligned, gpa=0x%x",
                            write ? "write" : "read", gpa),
                    gpa,
                    2);
        }
        return region(gpa, 2, write);
    }

    @Override
    public void fullFence() {
        VarHandle.fullFence();
    }

    @Override
    public void read(long gpa, MemorySegment to) {
        forEachPart(
                gpa,
                to.byteSize(),
                false,
                (region, offset, done, length) ->
                        MemorySegment.copy(region.segment, offset, to, done, length));
    }

    @Override
    public void write(long gpa, MemorySegment from) {
        forEachPart(
                gpa,
                from.byteSize(),
                true,
                (region, offset, done, length) -> {
                    MemorySegment.copy(from, done, region.segment, offset, length);
                    region.written.mark(region.hostOffset + offset, length);
                });
    }

    @Override
    public void fill(long gpa, long lengthBytes, byte value) {
        forEachPart(
                gpa,
                lengthBytes,
                true,
                (region, offset, done, length) -> {
                    region.segment.asSlice(offset, length).fill(value);
                    region.written.mark(region.hostOffset + offset, length);
                });
    }

    @Override
    public void forEachSegment(
            long gpa, long lengthBytes, boolean writable, Consumer<MemorySegment> action) {
        forEachPart(
                gpa,
                lengthBytes,
                writable,
                (region, offset, done, length) ->
                        action.accept(region.segment.asSlice(offset, length)));
    }

    @Override
    public void markDirty(long gpa, long lengthBytes) {
        forEachPart(
                gpa,
                lengthBytes,
                false,
                (region, offset, done, length) ->
                        region.written.mark(region.hostOffset + offset, length));
    }

    /** One piece of an access, inside one region. */
    @FunctionalInterface
    private interface Part {
        void at(RamRegion region, long offset, long done, long length);
    }

    /** Takes a range apart by region, after all of it was checked. */
    private void forEachPart(long gpa, long lengthBytes, boolean write, Part part) {
        RamRegion[] regions = map.regions();
        check(regions, gpa, lengthBytes, write);
        long done = 0;
        while (done < lengthBytes) {
            RamRegion region = RamRegion.find(regions, gpa + done);
            long offset = gpa + done - region.gpa;
            long length = Math.min(lengthBytes - done, region.sizeBytes - offset);
            part.at(region, offset, done, length);
            done += length;
        }
    }

    private void check(RamRegion[] regions, long gpa, long lengthBytes, boolean write) {
        long fits = fits(regions, gpa, lengthBytes, write);
        if (Long.compareUnsigned(fits, lengthBytes) < 0) {
            throw refused(gpa, lengthBytes, write, fits);
        }
    }

    /** How many bytes from {@code gpa} on are memory that allows it; may be past the length. */
    private static long fits(RamRegion[] regions, long gpa, long lengthBytes, boolean write) {
        long done = 0;
        while (Long.compareUnsigned(done, lengthBytes) < 0) {
            RamRegion region = RamRegion.find(regions, gpa + done);
            if (region == null || write && !region.writable) {
                return done;
            }
            done = region.gpa + region.sizeBytes - gpa;
        }
        return done;
    }

    /** Says which byte of the range is in the way, and what stands there. */
    private GuestMemoryException refused(long gpa, long lengthBytes, boolean write, long fits) {
        String what =
                map.leafAt(gpa + fits)
                        .map(leaf -> leaf.kind() + " " + leaf.permissions() + " stands")
                        .orElse("nothing is mapped");
        return new GuestMemoryException(
                String.format(
                        "Cannot %s guest memory: %s at gpa 0x%x, gpa=0x%x, lengthBytes=0x%x",
                        write ? "write" : "read", what, gpa + fits, gpa, lengthBytes),
                gpa,
                lengthBytes);
    }

    private static void mark(RamRegion region, long gpa, long lengthBytes) {
        region.written.mark(region.hostOffset + (gpa - region.gpa), lengthBytes);
    }
}
