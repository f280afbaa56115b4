package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

final class DataRunsTest {
    private static final int PAGE = 4096;
    private static final long SIZE = 64 * PAGE;

    /** Pages 3..9 and 20, and 63, the last. */
    private static FileDescriptor file() {
        FileDescriptor file = Memfd.create("data-runs", SIZE, HugePages.NONE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PAGE, PAGE);
            for (int at : new int[] {3, 4, 5, 6, 7, 8, 9, 20, 63}) {
                file.writeAt(page, (long) at * PAGE);
            }
        }
        return file;
    }

    @Test
    void saysWhatTheKernelSaysWhereverItIsAsked() {
        try (FileDescriptor file = file()) {
            DataRuns walked = new DataRuns(file, SIZE);
            for (long from = 0; from <= SIZE; from += PAGE) {
                for (long end = from; end <= SIZE; end += 7 * PAGE) {
                    String asked = from + ".." + end;
                    assertEquals(
                            SparseFile.nextData(file, from, end),
                            walked.nextData(from, end),
                            asked);
                    assertEquals(
                            SparseFile.nextHole(file, from, end),
                            walked.nextHole(from, end),
                            asked);
                }
            }
        }
    }

    @Test
    void looksForTheEndOfARunOnce() {
        try (FileDescriptor file = file()) {
            DataRuns runs = new DataRuns(file, SIZE);
            assertEquals(3 * PAGE, runs.nextData(0, SIZE));
            assertEquals(6 * PAGE, runs.nextHole(3 * PAGE, 6 * PAGE));
            SparseFile.setSize(file, 5 * PAGE);
            // Known from before, though the file no longer has it.
            assertEquals(10 * PAGE, runs.nextHole(6 * PAGE, SIZE));
        }
    }
}
