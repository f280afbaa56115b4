package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

class DirtyPagesTest {
    private static final long K4 = 4096;

    /** A log that keeps what the "guest" wrote by slot, and clears only what it is told to. */
    private static final class FakeLog implements DirtyLog {
        final Map<Integer, BitSet> bySlot = new HashMap<>();

        void guestWrites(StageTwoMap map, long gpa) {
            for (Memslot slot : map.slots()) {
                if (slot.logsDirty() && slot.range().contains(gpa)) {
                    bySlot.computeIfAbsent(slot.slot(), s -> new BitSet())
                            .set((int) ((gpa - slot.gpa()) / K4));
                }
            }
        }

        @Override
        public void read(Memslot slot, MemorySegment bitmap) {
            long[] words = bySlot.getOrDefault(slot.slot(), new BitSet()).toLongArray();
            MemorySegment.copy(words, 0, bitmap, ValueLayout.JAVA_LONG, 0, words.length);
        }

        @Override
        public void clear(Memslot slot, long firstPage, long pageCount, MemorySegment bitmap) {
            assertEquals(0, firstPage % 64);
            assertTrue(pageCount % 64 == 0 || firstPage + pageCount == slot.sizeBytes() / K4);
            BitSet cleared = BitSet.valueOf(bitmap.toArray(ValueLayout.JAVA_LONG));
            for (int page = 0; page < pageCount; page++) {
                if (cleared.get(page)) {
                    bySlot.get(slot.slot()).clear((int) firstPage + page);
                }
            }
        }
    }

    private final Arena arena = Arena.ofShared();
    private final HostArea ram = TestHost.real(arena, "ram", 300 * K4);
    private final HostArea other = TestHost.real(arena, "other", K4);
    private final StageTwoMap map = new StageTwoMap(new FakeMemslots());
    private final FakeLog log = new FakeLog();
    private final DirtyPages dirty = new DirtyPages(map, ram, log);
    private final MappedGuestMemory memory = new MappedGuestMemory(map);

    DirtyPagesTest() {
        map.mapRam(new GpaRange(0, 100 * K4), new HostBacking(ram, 0));
        map.mapRam(new GpaRange(200 * K4, 200 * K4), new HostBacking(ram, 100 * K4));
        map.mapRam(new GpaRange(1000 * K4, K4), new HostBacking(other, 0));
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private List<Long> collected() {
        TreeSet<Long> pages = new TreeSet<>();
        dirty.collect()
                .forEachRun(
                        (offset, length) -> {
                            for (long at = offset; at < offset + length; at += K4) {
                                pages.add(at / K4);
                            }
                        });
        return List.copyOf(pages);
    }

    @Test
    void guestAndVmmWritesAreOredByOffsetAndReportedOnce() {
        memory.storeU8(5 * K4, 1);
        dirty.start();
        assertEquals(List.of(), collected());
        log.guestWrites(map, 3 * K4);
        log.guestWrites(map, 99 * K4);
        log.guestWrites(map, 200 * K4);
        log.guestWrites(map, 227 * K4);
        log.guestWrites(map, 399 * K4);
        log.guestWrites(map, 1000 * K4);
        memory.storeU8(3 * K4, 1);
        memory.storeU64(299 * K4 - 4, 1);
        memory.storeU8(1000 * K4, 1);
        assertEquals(List.of(3L, 99L, 100L, 127L, 198L, 199L, 299L), collected());
        assertEquals(List.of(), collected());
        log.guestWrites(map, 3 * K4);
        assertEquals(List.of(3L), collected());
        dirty.stop();
        assertTrue(map.slots().stream().noneMatch(Memslot::logsDirty));
    }

    @Test
    void aSlotThatIsReplacedCountsAsWritten() {
        dirty.start();
        map.protect(new GpaRange(10 * K4, K4), Permissions.RX);
        assertEquals(100, collected().size());
        assertEquals(List.of(), collected());
    }

    @Test
    void startAndStopAreNotDoneTwice() {
        assertThrows(IllegalStateException.class, dirty::collect);
        assertThrows(IllegalStateException.class, dirty::stop);
        dirty.start();
        assertThrows(IllegalStateException.class, dirty::start);
    }

    /** Writers store a growing count; a copier takes pages by report; no last count may be lost. */
    @Test
    void noWriteIsLostBesideConcurrentCollection() throws Exception {
        int writers = 3;
        AtomicBoolean stop = new AtomicBoolean();
        long[] copy = new long[writers];
        dirty.start();
        try (ExecutorService pool = Executors.newFixedThreadPool(writers)) {
            List<Future<Long>> last =
                    java.util.stream.IntStream.range(0, writers)
                            .mapToObj(
                                    w ->
                                            pool.submit(
                                                    () -> {
                                                        long value = 0;
                                                        while (!stop.get()) {
                                                            value++;
                                                            memory.storeU64(w * 8L * K4, value);
                                                        }
                                                        return value;
                                                    }))
                            .toList();
            for (int round = 0; round < 20_000; round++) {
                copyReported(copy);
            }
            stop.set(true);
            for (Future<Long> writer : last) {
                writer.get();
            }
            copyReported(copy);
            for (int w = 0; w < writers; w++) {
                assertEquals(last.get(w).get(), copy[w]);
            }
        }
    }

    private void copyReported(long[] copy) {
        DirtySet set = dirty.collect();
        for (int w = 0; w < copy.length; w++) {
            if (set.contains(w * 8L * K4)) {
                copy[w] = memory.loadU64(w * 8L * K4);
            }
        }
    }
}
