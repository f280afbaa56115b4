package dev.hosta.migration;

/**
 * How pages go over.
 *
 * @param streams connections side by side, 1 to 16
 * @param compression whether they are made smaller before
 */
public record Transport(int streams, Compression compression) {
    /** The most connections of one migration. */
    public static final int MOST_STREAMS = Stripes.MOST_STREAMS;

    /** Over one connection, as they are. */
    public static final Transport PLAIN = new Transport(1, Compression.OFF);

    /** Checks the number of connections. */
    public Transport {
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new IllegalArgumentException("streams=" + streams);
        }
    }
}
