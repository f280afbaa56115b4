package dev.hosta.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A system description table: the 36-byte header that all share (ACPI 6.5 §5.2.6), then its body.
 *
 * <pre>
 *  offset size field
 *       0    4 signature
 *       4    4 length            header and body
 *       8    1 revision
 *       9    1 checksum          all bytes of the table add up to 0
 *      10    6 oem_id
 *      16    8 oem_table_id
 *      24    4 oem_revision
 *      28    4 creator_id
 *      32    4 creator_revision
 * </pre>
 */
final class AcpiTable {
    static final int HEADER_BYTES = 36;
    static final String OEM_ID = "HOSTA ";

    private static final int CHECKSUM = 9;

    private AcpiTable() {}

    /**
     * A table with its header filled but for the checksum, and a body of zeros.
     *
     * @param signature four characters
     * @param revision the table's revision
     * @param bodyBytes size after the header
     */
    static ByteBuffer create(String signature, int revision, int bodyBytes) {
        ByteBuffer table =
                ByteBuffer.allocate(HEADER_BYTES + bodyBytes).order(ByteOrder.LITTLE_ENDIAN);
        ascii(table, 0, signature);
        table.putInt(4, table.capacity());
        table.put(8, (byte) revision);
        ascii(table, 10, OEM_ID);
        ascii(table, 16, "HOSTAVM ");
        table.putInt(24, 1);
        ascii(table, 28, "HSTA");
        table.putInt(32, 1);
        return table;
    }

    /** Sets the checksum of a table with the common header. */
    static ByteBuffer seal(ByteBuffer table) {
        table.put(CHECKSUM, (byte) 0);
        table.put(CHECKSUM, checksum(table, table.capacity()));
        return table;
    }

    /** The byte that makes the first {@code lengthBytes} add up to 0, if it stands for a 0. */
    static byte checksum(ByteBuffer bytes, int lengthBytes) {
        int sum = 0;
        for (int i = 0; i < lengthBytes; i++) {
            sum += bytes.get(i);
        }
        return (byte) -sum;
    }

    static void ascii(ByteBuffer table, int offset, String text) {
        table.put(offset, text.getBytes(StandardCharsets.US_ASCII));
    }
}
