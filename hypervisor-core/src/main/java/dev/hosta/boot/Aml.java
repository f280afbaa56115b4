package dev.hosta.boot;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A small assembler for ACPI Machine Language: each method gives the bytes of one term.
 *
 * <p>Source: ACPI 6.5 §20.2 (grammar), §6.4 (resource templates).
 */
final class Aml {
    private static final int NAME_OP = 0x08;
    private static final int BYTE_PREFIX = 0x0a;
    private static final int WORD_PREFIX = 0x0b;
    private static final int DWORD_PREFIX = 0x0c;
    private static final int STRING_PREFIX = 0x0d;
    private static final int QWORD_PREFIX = 0x0e;
    private static final int SCOPE_OP = 0x10;
    private static final int BUFFER_OP = 0x11;
    private static final int PACKAGE_OP = 0x12;
    private static final int METHOD_OP = 0x14;
    private static final int DUAL_NAME_PREFIX = 0x2e;
    private static final int EXT_OP = 0x5b;
    private static final int ROOT = 0x5c;
    private static final int DEVICE_OP = 0x82;
    private static final int NOTIFY_OP = 0x86;
    private static final int NAME_SEG = 4;

    private static final int IO_PORT = 0x47;
    private static final int IRQ = 0x22;
    private static final int END_TAG = 0x79;
    private static final int MEMORY_32_FIXED = 0x86;
    private static final int EXTENDED_INTERRUPT = 0x89;
    private static final int DECODE_16 = 1;
    private static final int READ_WRITE = 1;
    private static final int CONSUMER = 1;
    private static final int EDGE_TRIGGERED = 1 << 1;
    private static final int SHARED = 1 << 3;

    private Aml() {}

    /** {@code Scope (name) { terms }}. */
    static byte[] scope(String name, byte[]... terms) {
        return join(bytes(SCOPE_OP), packaged(join(name(name), join(terms))));
    }

    /** {@code Device (name) { terms }}. */
    static byte[] device(String name, byte[]... terms) {
        return join(bytes(EXT_OP, DEVICE_OP), packaged(join(name(name), join(terms))));
    }

    /** {@code Name (name, value)}. */
    static byte[] named(String name, byte[] value) {
        return join(bytes(NAME_OP), name(name), value);
    }

    /** {@code Package () { elements }}, at most 255. */
    static byte[] packageOf(byte[]... elements) {
        return join(bytes(PACKAGE_OP), packaged(join(bytes(elements.length), join(elements))));
    }

    /** {@code Method (name) { terms }}, without arguments. */
    static byte[] method(String name, byte[]... terms) {
        return join(bytes(METHOD_OP), packaged(join(name(name), bytes(0), join(terms))));
    }

    /** {@code Notify (\scope.name, value)}. */
    static byte[] notify(String scope, String name, byte[] value) {
        return join(bytes(NOTIFY_OP, ROOT, DUAL_NAME_PREFIX), name(scope), name(name), value);
    }

    /** The shortest encoding of an unsigned 64-bit integer. */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return bytes((int) value);
        }
        if (value >>> 8 == 0) {
            return join(bytes(BYTE_PREFIX), littleEndian(value, 1));
        }
        if (value >>> 16 == 0) {
            return join(bytes(WORD_PREFIX), littleEndian(value, 2));
        }
        if (value >>> 32 == 0) {
            return join(bytes(DWORD_PREFIX), littleEndian(value, 4));
        }
        return join(bytes(QWORD_PREFIX), littleEndian(value, 8));
    }

    /** An ASCII string. */
    static byte[] string(String value) {
        return join(bytes(STRING_PREFIX), value.getBytes(StandardCharsets.US_ASCII), bytes(0));
    }

    /**
     * {@code EisaId (id)}: three letters of 5 bits and four hex digits, big-endian (§19.3.4).
     *
     * @param id such as {@code PNP0501}
     */
    static byte[] eisaId(String id) {
        int letters = (id.charAt(0) - '@') << 10 | (id.charAt(1) - '@') << 5 | (id.charAt(2) - '@');
        int value = letters << 16 | Integer.parseInt(id.substring(3), 16);
        return integer(Integer.toUnsignedLong(Integer.reverseBytes(value)));
    }

    /** {@code ResourceTemplate () { descriptors }}: a buffer with an end tag. */
    static byte[] resources(byte[]... descriptors) {
        byte[] content = join(join(descriptors), bytes(END_TAG, 0));
        return join(bytes(BUFFER_OP), packaged(join(integer(content.length), content)));
    }

    /** {@code IO (Decode16, port, port, 1, count)} (§6.4.2.5). */
    static byte[] ioPorts(int port, int count) {
        return join(
                bytes(IO_PORT, DECODE_16),
                littleEndian(port, 2),
                littleEndian(port, 2),
                bytes(1, count));
    }

    /** {@code IRQNoFlags () { irq }}: edge-triggered, active high (§6.4.2.1). */
    static byte[] irq(int irq) {
        return join(bytes(IRQ), littleEndian(1L << irq, 2));
    }

    /** {@code Memory32Fixed (ReadWrite, gpa, size)} (§6.4.3.4). */
    static byte[] memory32Fixed(long gpa, long sizeBytes) {
        return join(
                bytes(MEMORY_32_FIXED, 9, 0, READ_WRITE),
                littleEndian(gpa, 4),
                littleEndian(sizeBytes, 4));
    }

    /** {@code Interrupt (ResourceConsumer, Edge, ActiveHigh, Shared) { gsi }} (§6.4.3.6). */
    static byte[] edgeInterrupt(int gsi) {
        int flags = CONSUMER | EDGE_TRIGGERED | SHARED;
        return join(bytes(EXTENDED_INTERRUPT, 6, 0, flags, 1), littleEndian(gsi, 4));
    }

    /** Joins terms. */
    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    /** A NameSeg: four characters, padded with underscores (§20.2.2). */
    private static byte[] name(String name) {
        StringBuilder segment = new StringBuilder(name);
        while (segment.length() < NAME_SEG) {
            segment.append('_');
        }
        return segment.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** PkgLength, which counts its own bytes, then the content (§20.2.4). */
    private static byte[] packaged(byte[] content) {
        int length = content.length + 1;
        if (length < 1 << 6) {
            return join(bytes(length), content);
        }
        int following = length + 1 < 1 << 12 ? 1 : length + 2 < 1 << 20 ? 2 : 3;
        length += following;
        byte[] lead = bytes(following << 6 | length & 0xf);
        return join(lead, littleEndian(length >> 4, following), content);
    }

    private static byte[] littleEndian(long value, int widthBytes) {
        byte[] bytes = new byte[widthBytes];
        for (int i = 0; i < widthBytes; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        return bytes;
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
