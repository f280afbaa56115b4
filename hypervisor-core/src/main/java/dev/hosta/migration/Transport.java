package dev.hosta.migration;

/**
 * How pages go over.
 *
 * @param streams connections side by side, 1 to 16
 */
public record Transport(int streams) {
    /** The most connections of one migration. */
    public static final int MOST_STREAMS = Stripes.MOST_STREAMS;

    /** Over one connection. */
    public static final Transport PLAIN = new Transport(1);

    /** Checks the number of connections. */
    public Transport {
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new IllegalArgumentException("streams=" + streams);
        }
    }
}
