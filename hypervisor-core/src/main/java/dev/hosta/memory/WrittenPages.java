package dev.hosta.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which 4 KiB pages of a {@link HostArea} the VMM wrote since they were last taken: one bit a page,
 * always on.
 *
 * <p>The rule for writers is <b>write first, mark then</b>. The mark is an unconditional atomic OR:
 * a full barrier between the write and the mark, so that whoever takes the mark also sees the
 * write. "Skip the OR where the bit is already set" would be wrong: the test could run ahead of the
 * write that is still in the store buffer, while the taker clears the bit and copies the old page.
 *
 * <p>Threading: {@link #mark} by any thread, lock-free; takers exchange whole words, so a mark is
 * taken exactly once.
 */
public final class WrittenPages {
    private static final int PAGE_SHIFT = 12;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long sizeBytes;
    private final long[] words;

    /**
     * All pages clean.
     *
     * @param sizeBytes bytes covered, a multiple of 4 KiB
     */
    WrittenPages(long sizeBytes) {
        this.sizeBytes = sizeBytes;
        this.words = new long[DirtySet.wordCount(sizeBytes)];
    }

    /**
     * Marks every page that {@code [offset, offset + lengthBytes)} touches.
     *
     * @param offset bytes from the start of the host memory
     * @param lengthBytes 0 or more; 0 marks nothing
     * @throws IndexOutOfBoundsException if the range does not lie in the host memory
     */
    public void mark(long offset, long lengthBytes) {
        if ((offset | lengthBytes) < 0 || lengthBytes > sizeBytes - offset) {
            throw new IndexOutOfBoundsException(
                    String.format(
                            "offset=0x%x, lengthBytes=0x%x, sizeBytes=0x%x",
                            offset, lengthBytes, sizeBytes));
        }
        if (lengthBytes == 0) {
            return;
        }
        long first = offset >>> PAGE_SHIFT;
        long last = (offset + lengthBytes - 1) >>> PAGE_SHIFT;
        int firstWord = (int) (first >>> 6);
        int lastWord = (int) (last >>> 6);
        long fromFirst = -1L << first;
        long toLast = -1L >>> (63 - (last & 63));
        if (firstWord == lastWord) {
            or(firstWord, fromFirst & toLast);
            return;
        }
        or(firstWord, fromFirst);
        for (int word = firstWord + 1; word < lastWord; word++) {
            WORD.setRelease(words, word, -1L);
        }
        or(lastWord, toLast);
    }

    private void or(int word, long bits) {
        WORD.getAndBitwiseOr(words, word, bits);
    }

    /** Takes all marks into {@code target}, OR'd with what is there, and leaves the pages clean. */
    void takeInto(long[] target) {
        // A mark that comes during the look is taken here or stays for the next one.
        VarHandle.fullFence();
        for (int word = DirtySet.nextWord(words, 0);
                word < words.length;
                word = DirtySet.nextWord(words, word + 1)) {
            target[word] |= (long) WORD.getAndSet(words, word, 0L);
        }
    }

    /** Forgets all marks. */
    void clear() {
        for (int word = 0; word < words.length; word++) {
            WORD.getAndSet(words, word, 0L);
        }
    }
}
