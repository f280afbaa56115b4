package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.List;

class E820Test {
    private static final long GIB = 1L << 30;

    @Test
    void splitsRamAroundTheHole() {
        E820 map = E820.forRam(4 * GIB);
        assertEquals(
                List.of(
                        new E820.Entry(0, 0x9_fc00, E820.RAM),
                        new E820.Entry(0x9_fc00, 0x6_0400, E820.RESERVED),
                        new E820.Entry(0x10_0000, 0xbff0_0000L, E820.RAM),
                        new E820.Entry(0xfffb_c000L, 0x4000, E820.RESERVED),
                        new E820.Entry(4 * GIB, GIB, E820.RAM)),
                map.entries());
        assertEquals(4 * GIB - 0x6_0400, map.ramBytes());
    }

    @Test
    void leavesEmptyRangesOut() {
        assertEquals(3, E820.forRam(1 << 20).entries().size());
        assertEquals(4, E820.forRam(3 * GIB).entries().size());
        assertEquals(4096, E820.forRam(3 * GIB + 4096).entries().get(4).sizeBytes());
        assertEquals(5, E820.forRam(E820.MAX_RAM_BYTES).entries().size());
    }

    @Test
    void knowsRamFromTheRest() {
        E820 map = E820.forRam(4 * GIB);
        assertTrue(map.isRam(0, 0x9_fc00));
        assertFalse(map.isRam(0, 0x9_fc01));
        assertFalse(map.isRam(0x9_fc00, 1));
        assertTrue(map.isRam(0x10_0000, 0xbff0_0000L));
        assertFalse(map.isRam(0x10_0000, 0xbff0_0001L));
        assertFalse(map.isRam(0xbfff_ffffL, 2));
        assertTrue(map.isRam(5 * GIB - 1, 1));
        assertFalse(map.isRam(5 * GIB - 1, 2));
        assertFalse(map.isRam(-1, 2));
        assertFalse(map.isRam(0x10_0000, -1));
        assertFalse(map.isRam(0x10_0000, Long.MAX_VALUE));
        assertFalse(map.isRam(Long.MIN_VALUE, Long.MIN_VALUE));
    }

    @Test
    void refusesImpossibleSizes() {
        for (long size : new long[] {0, -1, (1 << 20) - 1, E820.MAX_RAM_BYTES + 1}) {
            assertThrows(IllegalArgumentException.class, () -> E820.forRam(size));
        }
        List<E820.Entry> overlapping =
                List.of(new E820.Entry(0, 8192, E820.RAM), new E820.Entry(4096, 8192, E820.RAM));
        assertThrows(IllegalArgumentException.class, () -> new E820(overlapping));
    }
}
