package dev.hosta.migration;

/**
 * Whether packing pays, by what was seen: some frames are sent each way now and then, and of most
 * the way goes that took less time for a page.
 *
 * <p>The first frames of a turn are not counted: they wait for what stands in the socket from the
 * turn before.
 *
 * <p>Threading: one thread.
 */
final class PackingChoice {
    private static final int TRIED_FRAMES = 12;
    private static final int UNCOUNTED_FRAMES = 6;
    private static final int SETTLED_FRAMES = 180;

    private final Compression wanted;
    private final double[] nanosForPage = {Double.NaN, Double.NaN};
    private boolean packs;
    private boolean trying = true;
    private int left = TRIED_FRAMES;
    private int uncounted = UNCOUNTED_FRAMES;
    private long nanos;
    private long pages;

    PackingChoice(Compression wanted) {
        this.wanted = wanted;
        this.packs = wanted == Compression.LZ4;
    }

    /** Whether the next frame is to be packed. */
    boolean packs() {
        return packs;
    }

    /**
     * A frame went, as {@link #packs} said.
     *
     * @param pageCount of it
     * @param tookNanos for packing and sending it
     */
    void sent(int pageCount, long tookNanos) {
        if (wanted != Compression.AUTO) {
            return;
        }
        if (uncounted > 0) {
            uncounted--;
        } else {
            nanos += tookNanos;
            pages += pageCount;
        }
        left--;
        if (left == 0) {
            nanosForPage[packs ? 1 : 0] = (double) nanos / pages;
            next();
        }
    }

    private void next() {
        if (!trying) {
            begin(!packs, true);
        } else if (Double.isNaN(nanosForPage[1])) {
            begin(true, true);
        } else {
            begin(nanosForPage[1] < nanosForPage[0], false);
        }
    }

    private void begin(boolean packed, boolean asTrial) {
        packs = packed;
        trying = asTrial;
        left = asTrial ? TRIED_FRAMES : SETTLED_FRAMES;
        uncounted = UNCOUNTED_FRAMES;
        nanos = 0;
        pages = 0;
    }
}
