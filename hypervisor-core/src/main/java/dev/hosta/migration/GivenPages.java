package dev.hosta.migration;

import dev.hosta.memory.FrozenRam;
import dev.hosta.memory.GuestRam;

/** Which pages of RAM may hold something else than zeros: those that the host has given so far. */
final class GivenPages {
    /** Looked at as a whole: pages of a run are given together. */
    private static final long STEP_PAGES = 64;

    private GivenPages() {}

    /**
     * Looks at RAM. A page that is given meanwhile is in the dirty log.
     *
     * @return bit {@code n % 64} of word {@code n / 64} is page n; bits past the end mean nothing
     */
    static long[] of(GuestRam ram) {
        long size = ram.sizeBytes();
        long pages = size >>> PageFrame.PAGE_SHIFT;
        long[] words = new long[Math.toIntExact((pages + STEP_PAGES - 1) / STEP_PAGES)];
        try (FrozenRam still = ram.still()) {
            long at = still.nextData(0);
            while (at < size) {
                int word = Math.toIntExact((at >>> PageFrame.PAGE_SHIFT) / STEP_PAGES);
                words[word] = -1L;
                long next = (word + 1) * STEP_PAGES << PageFrame.PAGE_SHIFT;
                at = next < size ? still.nextData(next) : size;
            }
        }
        return words;
    }
}
