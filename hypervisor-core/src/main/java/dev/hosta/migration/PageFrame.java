package dev.hosta.migration;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where pages begin in a frame, and how many follow; little-endian:
 *
 * <pre>
 *  PAGES  8 first page · 4 count, 1..256 · 4 reserved, 0 · count x 4 CRC-32C · count x 4096
 *  PACKED 8 first page · 4 count, 1..256 · 4 length · count x 4 CRC-32C · length bytes of LZ4
 *  ZEROS  8 first page · 8 count
 * </pre>
 *
 * <p>A page's number is its offset in RAM divided by 4096, as in the memory of a saved form.
 *
 * @param first number of the first page
 * @param count how many
 */
record PageFrame(long first, long count) {
    static final int PAGE_BYTES = 4096;
    static final int PAGE_SHIFT = 12;
    static final int MOST_PAGES = 256;
    static final int ZEROS_BYTES = 16;
    static final int MOST_BYTES = headBytes(MOST_PAGES) + MOST_PAGES * PAGE_BYTES;

    /** Bytes of a PAGES frame before its pages. */
    static int headBytes(int count) {
        return 16 + 4 * count;
    }

    /**
     * Reads the start of a PAGES frame.
     *
     * @param start its first 16 bytes
     * @param payloadBytes length of the frame's payload
     * @param ramPages number of pages of RAM
     * @throws MigrationException where the pages are not of RAM, or the lengths do not fit
     */
    static PageFrame readPages(ByteBuffer start, int payloadBytes, long ramPages) {
        ByteBuffer in = start.slice().order(ByteOrder.LITTLE_ENDIAN);
        long first = in.getLong();
        int count = in.getInt();
        int reserved = in.getInt();
        if (count < 1
                || count > MOST_PAGES
                || reserved != 0
                || payloadBytes != headBytes(count) + count * PAGE_BYTES) {
            throw new MigrationException(
                    "The peer sent pages of another length than it said: count=" + count + ".");
        }
        return new PageFrame(first, count).within(ramPages);
    }

    /**
     * Reads the start of a PACKED frame; the rest is as for {@link #readPages}.
     *
     * @throws MigrationException where the pages are not of RAM, or the lengths do not fit
     */
    static PageFrame readPacked(ByteBuffer start, int payloadBytes, long ramPages) {
        ByteBuffer in = start.slice().order(ByteOrder.LITTLE_ENDIAN);
        long first = in.getLong();
        int count = in.getInt();
        int length = in.getInt();
        if (count < 1
                || count > MOST_PAGES
                || length < 1
                || length > count * PAGE_BYTES
                || payloadBytes != headBytes(count) + length) {
            throw new MigrationException(
                    "The peer sent packed pages of another length than it said: count="
                            + count
                            + ".");
        }
        return new PageFrame(first, count).within(ramPages);
    }

    /**
     * Reads a ZEROS frame.
     *
     * @throws MigrationException where the pages are not of RAM, or it has another length
     */
    static PageFrame readZeros(ByteBuffer payload, long ramPages) {
        if (payload.remaining() != ZEROS_BYTES) {
            throw new MigrationException("The peer sent zeros of another length than they have.");
        }
        ByteBuffer in = payload.slice().order(ByteOrder.LITTLE_ENDIAN);
        return new PageFrame(in.getLong(), in.getLong()).within(ramPages);
    }

    private PageFrame within(long ramPages) {
        if (first < 0 || count < 1 || count > ramPages || first > ramPages - count) {
            throw new MigrationException(
                    String.format(
                            "The peer sent a page outside RAM: first=0x%x, count=0x%x, RAM has"
                                    + " 0x%x.",
                            first, count, ramPages));
        }
        return this;
    }

    /** The payload of a ZEROS frame. */
    byte[] zeros() {
        return ByteBuffer.allocate(ZEROS_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(count)
                .array();
    }
}
