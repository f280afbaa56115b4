package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.linux.HostInfo;
import dev.hosta.linux.HugePages;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;

class GuestRamTest {
    private static final long M1 = 1L << 20;
    private static final long G1 = 1L << 30;

    @Test
    void smallRamEndsBelowTheHole() {
        assertEquals(List.of(new PcRamLayout.Part(new GpaRange(0, M1), 0)), PcRamLayout.of(M1));
        assertEquals(
                List.of(new PcRamLayout.Part(new GpaRange(0, 3 * G1), 0)), PcRamLayout.of(3 * G1));
    }

    @Test
    void hundredsOfGiBAreSparseAndReachableAtBothEnds() {
        StageTwoMap map = new StageTwoMap(new FakeMemslots());
        try (GuestRam ram = GuestRam.create(300 * G1, HugePages.NONE, false)) {
            ram.mapInto(map);
            assertEquals(300, map.leaves().size());
            MappedGuestMemory memory = new MappedGuestMemory(map);
            long top = 301 * G1 - 8;
            memory.storeU64(top, 0x1234_5678_9abc_def0L);
            memory.storeU64(0, 1);
            assertEquals(0x1234_5678_9abc_def0L, memory.loadU64(top));
            assertEquals(0x1234_5678_9abc_def0L, byOffset(ram, 300 * G1 - 8));
            memory.storeU32(PcRamLayout.HIGH_GPA, 7);
            assertEquals(7, byOffset(ram, 3 * G1));
            long[] words = new long[DirtySet.wordCount(ram.sizeBytes())];
            ram.area().written().takeInto(words);
            DirtySet dirty = new DirtySet(words);
            assertEquals(3, dirty.pageCount());
            assertTrue(dirty.contains(300 * G1 - 1));
            assertTrue(dirty.contains(3 * G1));
        }
    }

    private static long byOffset(GuestRam ram, long offset) {
        return ram.area().segment().get(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, offset);
    }

    @Test
    void theHoleIsNotRam() {
        StageTwoMap map = new StageTwoMap(new FakeMemslots());
        try (GuestRam ram = GuestRam.create(4 * G1, HugePages.NONE, false)) {
            ram.mapInto(map);
            MappedGuestMemory memory = new MappedGuestMemory(map);
            GuestMemoryException e =
                    assertThrows(
                            GuestMemoryException.class,
                            () -> memory.loadU32(PcRamLayout.HOLE_GPA - 2));
            assertTrue(e.getMessage().contains("at gpa 0xc0000000"), e.getMessage());
            assertThrows(
                    GuestMemoryException.class,
                    () -> memory.forEachSegment(0, 5 * G1, false, s -> {}));
            assertThrows(GuestMemoryException.class, () -> memory.loadU8(PcRamLayout.HIGH_GPA - 1));
        }
    }

    @Test
    void afterCloseAnAccessThrowsAndTheProcessLives() {
        StageTwoMap map = new StageTwoMap(new FakeMemslots());
        GuestRam ram = GuestRam.create(M1, HugePages.NONE, true);
        ram.mapInto(map);
        ram.close();
        ram.close();
        MappedGuestMemory memory = new MappedGuestMemory(map);
        assertThrows(IllegalStateException.class, () -> memory.loadU8(0));
        assertThrows(
                IllegalStateException.class,
                () -> memory.read(0, MemorySegment.ofArray(new byte[64])));
    }

    @Test
    void whatTheHostCannotGiveIsSaidInOneLine() {
        assertMessage(
                "Cannot create guest RAM of 1025K: the size must be a multiple of the page size,"
                        + " 2M; sizeBytes=1049600",
                () -> GuestRam.create(M1 + 1024, HugePages.SIZE_2M, false));
        assertMessage(
                "must be a multiple of the page size, 4K; sizeBytes=0",
                () -> GuestRam.create(0, HugePages.NONE, false));
        assertMessage(
                "too few free pages of 4K",
                () -> GuestRam.create(HostInfo.totalBytes() / G1 * 2 * G1, HugePages.NONE, true));
        long free = HostInfo.freePages(HugePages.SIZE_2M).orElse(0);
        long needed = free + 10;
        assertMessage(
                String.format(
                        "too few free pages of 2M, free=%d, needed=%d. Reserve them: echo %d >"
                                + " /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
                        free, needed, needed),
                () -> GuestRam.create(needed * 2 * M1, HugePages.SIZE_2M, false));
    }

    private static void assertMessage(
            String part, org.junit.jupiter.api.function.Executable action) {
        MemoryException e = assertThrows(MemoryException.class, action);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
