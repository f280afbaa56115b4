package dev.hosta.migration;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * What stands before each payload, little-endian:
 *
 * <pre>
 *  offset size field
 *       0    1 type
 *       1    1 flags        0
 *       2    2 reserved     0
 *       4    4 length       of the payload, bytes; each type has its bound
 *       8    8 sequence     of this direction of the stream, from 0
 *      16    4 header sum   CRC-32C of bytes 0..15
 *      20    4 payload sum  CRC-32C; of PAGES, of all that stands before the pages
 * </pre>
 *
 * @param type what follows
 * @param length bytes of the payload, 0 to {@link FrameType#mostBytes}
 * @param sequence number in the stream
 * @param payloadSum CRC-32C of the payload, or of its head
 */
record FrameHeader(FrameType type, int length, long sequence, int payloadSum) {
    static final int BYTES = 24;
    private static final int SUMMED_BYTES = 16;

    /** CRC-32C of what is left in a buffer, whose position moves to its limit. */
    static int sum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /** Writes it at a buffer's position; 24 bytes. */
    void write(ByteBuffer to) {
        ByteBuffer out = to.slice().order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) type.code()).put((byte) 0).putShort((short) 0).putInt(length);
        out.putLong(sequence);
        out.putInt(sum(out.duplicate().flip())).putInt(payloadSum);
        to.position(to.position() + BYTES);
    }

    /**
     * Reads one.
     *
     * @param bytes of the header, all 24
     * @param wantedSequence the number that it must have
     * @throws MigrationException where it is no header, is damaged, or has another number
     */
    static FrameHeader read(ByteBuffer bytes, long wantedSequence) {
        ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int found = sum(in.slice(0, SUMMED_BYTES));
        if (in.getInt(SUMMED_BYTES) != found) {
            throw new MigrationException("The peer sent no frame, or a damaged one.");
        }
        FrameType type = FrameType.of(in.get() & 0xff);
        int flags = in.get() & 0xff;
        int reserved = in.getShort();
        int length = in.getInt();
        long sequence = in.getLong();
        if (flags != 0 || reserved != 0) {
            throw new MigrationException(
                    "The peer sent a frame with flags that were not agreed on: flags=" + flags);
        }
        if (length < 0 || length > type.mostBytes()) {
            throw new MigrationException(
                    "The peer sent a frame that is too long: type="
                            + type
                            + ", length="
                            + Integer.toUnsignedString(length)
                            + ".");
        }
        if (sequence != wantedSequence) {
            throw new MigrationException(
                    "The peer left out or repeated a frame: sequence="
                            + Long.toUnsignedString(sequence)
                            + ", not "
                            + wantedSequence
                            + ".");
        }
        return new FrameHeader(type, length, sequence, in.getInt(SUMMED_BYTES + 4));
    }
}
