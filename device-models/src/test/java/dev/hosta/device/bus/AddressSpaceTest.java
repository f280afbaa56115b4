package dev.hosta.device.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

class AddressSpaceTest {
    /** Answers with the byte offset in each byte, plus a tag, and writes down what it was asked. */
    private static final class Recorder implements BusDevice {
        final List<String> calls = new ArrayList<>();
        final int tag;

        Recorder(int tag) {
            this.tag = tag;
        }

        @Override
        public long read(long offset, int widthBytes) {
            calls.add("r" + offset + "/" + widthBytes);
            long value = -1L << 8; // the bits above the width are rubbish on purpose
            for (int i = widthBytes - 1; i >= 0; i--) {
                value = (value << 8) | (tag + offset + i);
            }
            return value;
        }

        @Override
        public void write(long offset, int widthBytes, long value) {
            calls.add("w" + offset + "/" + widthBytes + "=" + Long.toHexString(value));
        }
    }

    private final AddressSpace space = new AddressSpace("test space");
    private final Recorder low = new Recorder(0x10);
    private final Recorder high = new Recorder(0x40);

    @Test
    void anAccessReachesTheDeviceByItsOffset() {
        space.claim(0x3f8, 8, "com1", low);
        space.claim(0x60, 1, "keyboard", high);
        assertEquals(0x13, space.read(0x3fb, 1));
        assertEquals(0x17161514, space.read(0x3fc, 4));
        assertEquals(0x40, space.read(0x60, 1));
        space.write(0x3ff, 1, 0x1234);
        assertEquals(List.of("r3/1", "r4/4", "w7/1=34"), low.calls);
        assertEquals(0, space.unclaimedReads() + space.unclaimedWrites());
    }

    @Test
    void openBusReadsAllOnesAndDropsWrites() {
        space.claim(0x100, 4, "somebody", low);
        assertEquals(0xff, space.read(0xff, 1));
        assertEquals(0xffff, space.read(0x104, 2));
        assertEquals(0xffff_ffffL, space.read(0, 4));
        assertEquals(-1L, space.read(0x2000, 8));
        space.write(0x104, 4, 7);
        assertEquals(4, space.unclaimedReads());
        assertEquals(1, space.unclaimedWrites());
        assertEquals(List.of(), low.calls);
    }

    @Test
    void anAccessAcrossAnEndIsSplitIntoBytes() {
        space.claim(0x100, 4, "first", low);
        space.claim(0x104, 2, "second", high);
        assertEquals(0x41401312, space.read(0x102, 4));
        assertEquals(0xffff4140L, space.read(0x104, 4));
        assertEquals(0x10ffL, space.read(0xff, 2));
        assertEquals(2, space.unclaimedReads());
        space.write(0x103, 4, 0xddccbbaaL);
        assertEquals(1, space.unclaimedWrites());
        assertEquals(List.of("r2/1", "r3/1", "r0/1", "w3/1=aa"), low.calls);
        assertEquals(List.of("r0/1", "r1/1", "r0/1", "r1/1", "w0/1=bb", "w1/1=cc"), high.calls);
    }

    @Test
    void anOddWidthIsSplitIntoBytes() {
        space.claim(0x100, 8, "somebody", low);
        assertEquals(0x141312, space.read(0x102, 3));
        space.write(0x100, 3, 0x030201);
        assertEquals(List.of("r2/1", "r3/1", "r4/1", "w0/1=1", "w1/1=2", "w2/1=3"), low.calls);
    }

    @Test
    void addressesAreUnsignedAndDoNotWrap() {
        space.claim(-4, 4, "top", high);
        space.claim(0, 4, "bottom", low);
        space.claim(Long.MAX_VALUE, 2, "middle", low);
        assertEquals(0x43424140L, space.read(-4, 4));
        assertEquals(0xffff4342L, space.read(-2, 4));
        assertEquals(0x1110, space.read(Long.MAX_VALUE, 2));
        assertEquals(1, space.unclaimedReads());
        assertEquals(
                List.of("bottom", "middle", "top"),
                space.ranges().stream().map(AddressSpace.Range::name).toList());
    }

    @Test
    void overlapIsRefusedAndNamesBoth() {
        space.claim(0x3f8, 8, "com1", low);
        for (long[] range : new long[][] {{0x3f8, 8}, {0x3ff, 1}, {0x3f0, 9}, {0, 0x1000}}) {
            IllegalArgumentException refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> space.claim(range[0], range[1], "intruder", high));
            assertTrue(refused.getMessage().contains("intruder [0x"), refused.getMessage());
            assertTrue(refused.getMessage().contains("com1 [0x3f8, 0x3ff]"), refused.getMessage());
        }
        space.claim(0x3f7, 1, "before", high);
        space.claim(0x400, 1, "after", high);
        assertEquals(3, space.ranges().size());
    }

    @Test
    void emptyAndWrappingRangesAndBadWidthsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> space.claim(0, 0, "empty", low));
        assertThrows(IllegalArgumentException.class, () -> space.claim(0, -1, "negative", low));
        assertThrows(IllegalArgumentException.class, () -> space.claim(-4, 5, "wraps", low));
        assertThrows(IllegalArgumentException.class, () -> space.read(0, 0));
        assertThrows(IllegalArgumentException.class, () -> space.write(0, 9, 0));
        assertEquals(List.of(), space.ranges());
    }

    @Test
    void lookupsGoOnWhileRangesAreClaimed() throws InterruptedException {
        BusDevice zero = new BusDeviceOfZeros();
        AddressSpace busy = new AddressSpace("busy");
        busy.claim(0x8000, 4, "steady", zero);
        AtomicBoolean wrong = new AtomicBoolean();
        AtomicBoolean done = new AtomicBoolean();
        Thread reader =
                new Thread(
                        () -> {
                            while (!done.get()) {
                                if (busy.read(0x8000, 4) != 0) {
                                    wrong.set(true);
                                }
                            }
                        });
        reader.start();
        for (int i = 0; i < 2_000; i++) {
            busy.claim(i * 16L, 8, "range " + i, zero);
        }
        done.set(true);
        reader.join();
        assertEquals(2_001, busy.ranges().size());
        assertFalse(wrong.get(), "a lookup missed a range that was there all the time");
    }

    private static final class BusDeviceOfZeros implements BusDevice {
        @Override
        public long read(long offset, int widthBytes) {
            return 0;
        }

        @Override
        public void write(long offset, int widthBytes, long value) {}
    }
}
