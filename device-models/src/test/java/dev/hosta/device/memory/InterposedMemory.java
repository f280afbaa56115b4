package dev.hosta.device.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Guest memory that does something of the test's own before each load, as a guest that changes its
 * memory under the device's hand, at exactly that moment.
 */
public final class InterposedMemory implements GuestMemory {
    private static final Runnable NOTHING = () -> {};

    private final GuestMemory memory;
    private volatile Runnable beforeLoad = NOTHING;

    /** Loads and stores of {@code memory}. */
    public InterposedMemory(GuestMemory memory) {
        this.memory = memory;
    }

    /** From now on {@code action} runs before each load, on the thread that loads. */
    public void beforeEachLoad(Runnable action) {
        beforeLoad = action;
    }

    /** {@code action} runs once, before a load: {@code loads} more go before it. */
    public void beforeLoad(int loads, Runnable action) {
        int[] left = {loads};
        beforeLoad =
                () -> {
                    if (left[0]-- == 0) {
                        beforeLoad = NOTHING;
                        action.run();
                    }
                };
    }

    /** Nothing runs any more; whether something was still to run. */
    public boolean leaveAlone() {
        boolean waiting = beforeLoad != NOTHING;
        beforeLoad = NOTHING;
        return waiting;
    }

    @Override
    public int loadU8(long gpa) {
        beforeLoad.run();
        return memory.loadU8(gpa);
    }

    @Override
    public int loadU16(long gpa) {
        beforeLoad.run();
        return memory.loadU16(gpa);
    }

    @Override
    public long loadU32(long gpa) {
        beforeLoad.run();
        return memory.loadU32(gpa);
    }

    @Override
    public long loadU64(long gpa) {
        beforeLoad.run();
        return memory.loadU64(gpa);
    }

    @Override
    public void storeU8(long gpa, int value) {
        memory.storeU8(gpa, value);
    }

    @Override
    public void storeU16(long gpa, int value) {
        memory.storeU16(gpa, value);
    }

    @Override
    public void storeU32(long gpa, long value) {
        memory.storeU32(gpa, value);
    }

    @Override
    public void storeU64(long gpa, long value) {
        memory.storeU64(gpa, value);
    }

    @Override
    public int loadAcquireU16(long gpa) {
        beforeLoad.run();
        return memory.loadAcquireU16(gpa);
    }

    @Override
    public void storeReleaseU16(long gpa, int value) {
        memory.storeReleaseU16(gpa, value);
    }

    @Override
    public void fullFence() {
        memory.fullFence();
    }

    @Override
    public void read(long gpa, MemorySegment to) {
        beforeLoad.run();
        memory.read(gpa, to);
    }

    @Override
    public void write(long gpa, MemorySegment from) {
        memory.write(gpa, from);
    }

    @Override
    public void fill(long gpa, long lengthBytes, byte value) {
        memory.fill(gpa, lengthBytes, value);
    }

    @Override
    public void forEachSegment(
            long gpa, long lengthBytes, boolean writable, Consumer<MemorySegment> action) {
        beforeLoad.run();
        memory.forEachSegment(gpa, lengthBytes, writable, action);
    }

    @Override
    public void markDirty(long gpa, long lengthBytes) {
        memory.markDirty(gpa, lengthBytes);
    }
}
