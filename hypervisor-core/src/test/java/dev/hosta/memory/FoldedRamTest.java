package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.HugePages;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

final class FoldedRamTest {
    private static final long M1 = 1L << 20;
    private static final long PAGE = 4096;
    private static final long SIZE = 96 * M1;

    private static void fill(GuestRam ram, long from, long to, long value) {
        for (long at = from; at < to; at += PAGE) {
            ram.area().segment().set(ValueLayout.JAVA_LONG, at, value + at);
        }
    }

    private static void assertHolds(MemorySegment ram, long from, long to, long value) {
        for (long at = from; at < to; at += PAGE) {
            assertEquals(value + at, ram.get(ValueLayout.JAVA_LONG, at), Long.toHexString(at));
        }
    }

    private static void assertFrozen(FrozenRam frozen, long from, long to, long value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(PAGE, PAGE);
            for (long at = from; at < to; at += PAGE) {
                frozen.read(at, bytes);
                assertEquals(value + at, bytes.get(ValueLayout.JAVA_LONG, 0));
            }
        }
    }

    @Test
    void eachFreezeKeepsItsInstantWhateverWasFoldedBefore() {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            fill(ram, 0, SIZE, 1);
            ram.freeze().close();
            ram.dropFormer();
            fill(ram, 10 * M1, 30 * M1, 1000);
            List<RamPortion> portions = ram.foldable();
            assertTrue(portions.size() > 4, portions.toString());
            // A guest writes on in the midst of it: where it was folded, and where it was not yet.
            for (int i = 0; i < portions.size(); i++) {
                ram.fold(portions.get(i));
                ram.dropFormer();
                if (i == 1) {
                    fill(ram, 10 * M1, 11 * M1, 2000);
                    fill(ram, 29 * M1, 30 * M1, 2000);
                }
            }
            assertEquals(List.of(), ram.foldable());
            fill(ram, 80 * M1, 81 * M1, 3000);
            try (FrozenRam frozen = ram.freeze()) {
                fill(ram, 0, SIZE, 9000);
                ram.dropFormer();
                assertFrozen(frozen, 0, 10 * M1, 1);
                assertFrozen(frozen, 10 * M1, 11 * M1, 2000);
                assertFrozen(frozen, 11 * M1, 29 * M1, 1000);
                assertFrozen(frozen, 29 * M1, 30 * M1, 2000);
                assertFrozen(frozen, 80 * M1, 81 * M1, 3000);
                assertFrozen(frozen, 81 * M1, SIZE, 1);
            }
            assertHolds(ram.area().segment(), 0, SIZE, 9000);
        }
    }

    @Test
    void aFreezeAmidFoldingFindsBothKinds() {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            ram.freeze().close();
            fill(ram, 0, SIZE, 5);
            List<RamPortion> portions = ram.foldable();
            ram.fold(portions.getFirst());
            try (FrozenRam still = ram.still()) {
                assertFrozen(still, 0, SIZE, 5);
            }
            try (FrozenRam frozen = ram.freeze()) {
                fill(ram, 0, SIZE, 7);
                assertFrozen(frozen, 0, SIZE, 5);
            }
            assertHolds(ram.area().segment(), 0, SIZE, 7);
        }
    }

    @Test
    void aBaseThatIsLentIsNotWritten() {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            fill(ram, 0, SIZE, 5);
            try (FrozenRam lent = ram.freeze()) {
                ram.lendBase();
                fill(ram, 0, M1, 7);
                assertEquals(List.of(), ram.foldable());
                ram.freeze().close();
                assertFrozen(lent, 0, SIZE, 5);
            }
        }
    }
}
