package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.memory.GuestMemoryException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

class MappedGuestMemoryTest {
    private static final long K4 = 4096;
    private static final long TOP = 0x1_0000_0000L;

    private final Arena arena = Arena.ofShared();
    private final HostArea ram = TestHost.real(arena, "ram", 64 * K4);
    private final StageTwoMap map = new StageTwoMap((slot, flags, gpa, sizeBytes, hva) -> {});
    private final MappedGuestMemory memory = new MappedGuestMemory(map);

    MappedGuestMemoryTest() {
        // Pages 0..15 at 0, 16..31 right behind them but from elsewhere in the host, 32.. on top.
        map.mapRam(new GpaRange(0, 16 * K4), new HostBacking(ram, 16 * K4));
        map.mapRam(new GpaRange(16 * K4, 15 * K4), new HostBacking(ram, 0));
        map.mapRom(new GpaRange(31 * K4, K4), new HostBacking(ram, 15 * K4));
        map.mapMmio(new GpaRange(0xd000_0000L, K4));
        map.mapRam(new GpaRange(TOP, 32 * K4), new HostBacking(ram, 32 * K4));
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private TreeSet<Long> dirtyPages() {
        long[] words = new long[1];
        ram.written().takeInto(words);
        TreeSet<Long> pages = new TreeSet<>();
        new DirtySet(words)
                .forEachRun(
                        (offset, length) -> {
                            for (long at = offset; at < offset + length; at += K4) {
                                pages.add(at / K4);
                            }
                        });
        return pages;
    }

    private static GuestMemoryException assertRefused(String text, Executable access) {
        GuestMemoryException e = assertThrows(GuestMemoryException.class, access);
        assertTrue(e.getMessage().contains(text), e.getMessage());
        return e;
    }

    @Test
    void scalarsAreLittleEndianAtAnyAlignment() {
        memory.storeU64(0x101, 0x8877_6655_4433_22f1L);
        assertEquals(0xf1, memory.loadU8(0x101));
        assertEquals(0x22f1, memory.loadU16(0x101));
        assertEquals(0x4433_22f1L, memory.loadU32(0x101));
        assertEquals(0x8877_6655_4433_22f1L, memory.loadU64(0x101));
        memory.storeU32(TOP + 1, -1L);
        assertEquals(0xffff_ffffL, memory.loadU64(TOP + 1));
        memory.storeU16(TOP + 1, 0x1_0203);
        memory.storeU8(TOP + 4, 0x1ff);
        assertEquals(0xffff_0203L, memory.loadU64(TOP + 1));
    }

    @Test
    void accessesCrossTheBorderOfRegions() {
        long border = 16 * K4;
        memory.storeU64(border - 3, 0x0807_0605_0403_0201L);
        assertEquals(0x0807_0605_0403_0201L, memory.loadU64(border - 3));
        assertEquals(3, memory.loadU8(border - 1));
        assertEquals(4, memory.loadU8(border));
        assertEquals(0x0403, memory.loadU16(border - 1));
        assertEquals(TreeSet.class, dirtyPages().getClass());
        memory.storeU16(border - 1, 0);
        memory.storeU32(border - 1, 0);
        assertEquals(List.of(0L, 31L), List.copyOf(dirtyPages()));
        List<Long> sizes = new ArrayList<>();
        memory.forEachSegment(border - 5, 12, true, s -> sizes.add(s.byteSize()));
        assertEquals(List.of(5L, 7L), sizes);
    }

    @Test
    void blocksAreCopiedAndFilled() {
        byte[] bytes = new byte[3 * 4096];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        memory.write(15 * K4 + 7, MemorySegment.ofArray(bytes));
        byte[] back = new byte[bytes.length];
        memory.read(15 * K4 + 7, MemorySegment.ofArray(back));
        assertArrayEquals(bytes, back);
        assertEquals(List.of(0L, 1L, 2L, 31L), List.copyOf(dirtyPages()));
        memory.fill(15 * K4, 4 * K4, (byte) 0xa5);
        assertEquals(0xa5a5a5a5a5a5a5a5L, memory.loadU64(19 * K4 - 8));
        memory.fill(16 * K4, 0, (byte) 1);
        memory.read(0xdead_0000L, MemorySegment.ofArray(new byte[0]));
    }

    @Test
    void whatIsNotMemoryIsRefusedWithItsReason() {
        assertRefused("nothing is mapped at gpa 0x20000", () -> memory.loadU8(32 * K4));
        assertRefused("nothing is mapped at gpa 0x20000", () -> memory.loadU64(32 * K4 - 1));
        assertRefused("MMIO rw- stands at gpa 0xd0000000", () -> memory.loadU32(0xd000_0000L));
        assertRefused("nothing is mapped", () -> memory.loadU64(TOP + 32 * K4 - 7));
        GuestMemoryException wraps =
                assertRefused("gpa=0xfffffffffffffff8", () -> memory.loadU64(-8));
        assertEquals(-8, wraps.gpa());
        assertEquals(8, wraps.lengthBytes());
        MemorySegment big = MemorySegment.ofArray(new byte[4096]);
        assertRefused("at gpa 0x20000", () -> memory.read(31 * K4 + 1, big));
        assertRefused("nothing", () -> memory.forEachSegment(TOP, -1, false, s -> {}));
        assertRefused("nothing", () -> memory.forEachSegment(TOP, Long.MAX_VALUE, false, s -> {}));
        assertRefused("nothing", () -> memory.markDirty(TOP, Long.MIN_VALUE));
        assertEquals(List.of(), List.copyOf(dirtyPages()));
    }

    @Test
    void romIsReadButNotWritten() {
        ram.segment().set(java.lang.foreign.ValueLayout.JAVA_BYTE, 15 * K4, (byte) 0x42);
        assertEquals(0x42, memory.loadU8(31 * K4));
        assertEquals(0x42, memory.loadAcquireU16(31 * K4));
        assertRefused("ROM r-x stands at gpa 0x1f000", () -> memory.storeU8(31 * K4, 1));
        assertRefused("ROM", () -> memory.storeReleaseU16(31 * K4, 1));
        assertRefused("ROM", () -> memory.storeU64(31 * K4 - 4, -1));
        assertRefused("ROM", () -> memory.fill(30 * K4, 2 * K4, (byte) 1));
        assertRefused("ROM", () -> memory.forEachSegment(30 * K4, 2 * K4, true, s -> {}));
        assertEquals(0, memory.loadU64(31 * K4 - 8));
        assertEquals(List.of(), List.copyOf(dirtyPages()));
    }

    @Test
    void orderedAccessNeedsItsAlignment() {
        memory.storeReleaseU16(0x102, 0x1fffe);
        assertEquals(0xfffe, memory.loadAcquireU16(0x102));
        assertRefused("not 2-byte aligned", () -> memory.loadAcquireU16(0x101));
        assertRefused("not 2-byte aligned", () -> memory.storeReleaseU16(0x101, 1));
        memory.fullFence();
        assertEquals(List.of(16L), List.copyOf(dirtyPages()));
    }

    @Test
    void itFollowsTheMap() {
        memory.storeU8(K4, 7);
        map.protect(new GpaRange(K4, K4), Permissions.RX);
        assertEquals(7, memory.loadU8(K4));
        assertRefused("RAM r-x stands at gpa 0x1000", () -> memory.storeU8(K4, 8));
        map.unmap(new GpaRange(K4, K4));
        assertRefused("nothing is mapped", () -> memory.loadU8(K4));
        map.mapRam(new GpaRange(K4, K4), new HostBacking(ram, 17 * K4));
        assertEquals(7, memory.loadU8(K4));
    }

    @Test
    void marksCoverExactlyTheTouchedPages() {
        WrittenPages pages = new WrittenPages(1000 * K4);
        for (long first : new long[] {0, 1, 63, 64, 65, 130, 999}) {
            for (long count : new long[] {1, 2, 63, 64, 65, 128, 300}) {
                long length = Math.min(count, 1000 - first);
                pages.mark(first * K4 + 4095, (length - 1) * K4 + 1);
                long[] words = new long[DirtySet.wordCount(1000 * K4)];
                pages.takeInto(words);
                DirtySet set = new DirtySet(words);
                List<Long> runs = new ArrayList<>();
                set.forEachRun((offset, size) -> runs.addAll(List.of(offset, size)));
                assertEquals(List.of(first * K4, length * K4), runs);
                assertEquals(length, set.pageCount());
            }
        }
        assertThrows(IndexOutOfBoundsException.class, () -> pages.mark(999 * K4, K4 + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> pages.mark(-1, 1));
        pages.mark(0, 0);
    }
}
