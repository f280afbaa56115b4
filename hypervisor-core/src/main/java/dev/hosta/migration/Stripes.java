package dev.hosta.migration;

/**
 * The pages that one of several streams carries: RAM is dealt out to them in stripes of 1 MiB. So a
 * page takes the same way in each round, and an older copy of it never overtakes a newer one.
 *
 * @param number of the stream, 0 up
 * @param streams how many there are
 */
record Stripes(int number, int streams) {
    /** Streams of one migration. */
    static final int MOST_STREAMS = 16;

    private static final int PAGES_SHIFT = 8;
    private static final int WORD_SHIFT = 6;

    /** All pages, by the only stream. */
    static Stripes all() {
        return new Stripes(0, 1);
    }

    /** Whether the 64 pages of a bitmap's word are among them. */
    boolean hasWord(int word) {
        return streams == 1 || (word >>> PAGES_SHIFT - WORD_SHIFT) % streams == number;
    }

    /**
     * Passes where all of some pages are among them.
     *
     * @throws MigrationException where one is another stream's
     */
    void require(PageFrame frame) {
        if (streams == 1) {
            return;
        }
        long first = frame.first() >>> PAGES_SHIFT;
        long last = frame.first() + frame.count() - 1 >>> PAGES_SHIFT;
        if (first != last || first % streams != number) {
            throw new MigrationException("The peer sent pages by a stream that has others.");
        }
    }
}
