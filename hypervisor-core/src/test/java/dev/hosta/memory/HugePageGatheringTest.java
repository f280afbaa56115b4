package dev.hosta.memory;

import static dev.hosta.memory.HugePageGathering.RANGE_BYTES;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.linux.HugePages;
import dev.hosta.linux.PinnedPages;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real memfd: which ranges of it become huge pages, and that nothing in it changes. */
final class HugePageGatheringTest {
    private static final long SIZE = 8 * RANGE_BYTES;
    private static final long PAGE = 4096;
    private static final String NO_GATHERING =
            "this host's kernel gathers no shared memory (Linux 6.1)";

    private static final HugePageGathering.AtRest NEVER = action -> {};

    @Test
    void aRangeThatIsTouchedByAQuarterIsGatheredAndKeepsItsContent() throws IOException {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            HugePageGathering gathering = new HugePageGathering(ram, NEVER);
            touch(ram, 1, 128);
            touch(ram, 3, 512);
            touch(ram, 5, 127);
            assertEquals(0, hugeBytes(ram));
            int gathered = gathering.pass();
            assumeTrue(gathered > 0, NO_GATHERING);
            assertEquals(2, gathered);
            assertEquals(2 * RANGE_BYTES, hugeBytes(ram));
            for (int range : new int[] {1, 3}) {
                int pages = range == 1 ? 128 : 512;
                for (int i = 0; i < 512; i++) {
                    long expected = i < pages ? range * 1000L + i : 0;
                    assertEquals(expected, at(ram, range * RANGE_BYTES + i * PAGE));
                }
            }
            assertEquals(0, gathering.pass(), "done is done");
            touch(ram, 5, 128);
            assertEquals(1, gathering.pass());
        }
    }

    @Test
    void aRangeThatIsInUseIsGatheredWhileTheDisksRest() throws IOException {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            touch(ram, 1, 512);
            touch(ram, 2, 512);
            MemorySegment used = ram.area().segment().asSlice(RANGE_BYTES, PAGE);
            PinnedPages pinned = new PinnedPages(used);
            int free = new HugePageGathering(ram, NEVER).pass();
            assumeTrue(free > 0, NO_GATHERING);
            assertEquals(1, free, "the range in use is refused");
            HugePageGathering gathering =
                    new HugePageGathering(
                            ram,
                            action -> {
                                pinned.close();
                                action.run();
                            });
            assertEquals(2, gathering.pass(), "the huge page that is there counts, too");
            assertEquals(2 * RANGE_BYTES, hugeBytes(ram));
            assertEquals(1000, at(ram, RANGE_BYTES));
        }
    }

    @Test
    void frozenRamIsLeftAlone() throws IOException {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            touch(ram, 0, 512);
            ram.freeze().close();
            assertEquals(0, new HugePageGathering(ram, NEVER).pass());
            assertEquals(0, hugeBytes(ram));
        }
    }

    @Test
    void nothingIsGatheredAfterTheEnd() throws IOException {
        try (GuestRam ram = GuestRam.create(SIZE, HugePages.NONE, false)) {
            touch(ram, 0, 512);
            HugePageGathering gathering = HugePageGathering.start(ram, NEVER);
            gathering.close();
            assertEquals(0, gathering.pass());
            assertEquals(0, hugeBytes(ram));
        }
    }

    private static void touch(GuestRam ram, int range, int pages) {
        MemorySegment memory = ram.area().segment();
        for (int i = 0; i < pages; i++) {
            memory.set(ValueLayout.JAVA_LONG, range * RANGE_BYTES + i * PAGE, range * 1000L + i);
        }
    }

    private static long at(GuestRam ram, long offset) {
        return ram.area().segment().get(ValueLayout.JAVA_LONG, offset);
    }

    /** Bytes of RAM that huge pages map, as the kernel tells of this process. */
    private static long hugeBytes(GuestRam ram) throws IOException {
        String from = Long.toHexString(ram.area().hva()) + "-";
        boolean here = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            here |= line.startsWith(from);
            if (here && line.startsWith("ShmemPmdMapped:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        assertTrue(here, "RAM has a line of its own: " + from);
        return 0;
    }
}
