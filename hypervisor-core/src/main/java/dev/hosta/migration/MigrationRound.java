package dev.hosta.migration;

import dev.hosta.memory.DirtySet;

import java.util.List;
import java.util.stream.LongStream;

/**
 * One round of pages, as the source saw it.
 *
 * @param number 1 up
 * @param beganNanos since the migration began
 * @param tookNanos until the destination had said what came of it
 * @param pendingPages pages that were to be looked at: all that may not be zeros, then all that
 *     were written since the round before
 * @param sentPages pages that were sent with their content
 * @param zeroPages pages that were zeros
 * @param throttlePercent how much of the time the vCPUs were held, 0..99
 * @param heat the pending pages by place: as many parts of RAM of equal size, the first one first
 */
public record MigrationRound(
        int number,
        long beganNanos,
        long tookNanos,
        long pendingPages,
        long sentPages,
        long zeroPages,
        int throttlePercent,
        List<Long> heat) {
    private static final int PARTS = 128;

    /** Copies the list. */
    public MigrationRound {
        heat = List.copyOf(heat);
    }

    /**
     * Counts pages by place.
     *
     * @param words bit {@code n % 64} of word {@code n / 64} is page n
     */
    static List<Long> heat(long[] words) {
        int count = Math.max(1, Math.min(PARTS, words.length));
        long[] parts = new long[count];
        for (int word = DirtySet.nextWord(words, 0);
                word < words.length;
                word = DirtySet.nextWord(words, word + 1)) {
            parts[(int) ((long) word * count / words.length)] += Long.bitCount(words[word]);
        }
        return LongStream.of(parts).boxed().toList();
    }
}
