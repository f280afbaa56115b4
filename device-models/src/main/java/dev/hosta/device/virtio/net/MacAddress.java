package dev.hosta.device.virtio.net;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address.
 *
 * @param bits its 48 bits, the first octet in the highest of them
 */
public record MacAddress(long bits) {
    /** Size in bytes. */
    public static final int BYTES = 6;

    private static final Pattern TEXT = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");
    private static final long MULTICAST = 1L << 40;

    /** Checks that no more than 48 bits are there. */
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException(
                    "Ethernet addresses have 48 bits: bits=0x" + Long.toHexString(bits));
        }
    }

    /** The address in six bytes from {@code at} on. */
    public static MacAddress of(byte[] bytes, int at) {
        long bits = 0;
        for (int i = 0; i < BYTES; i++) {
            bits = bits << 8 | bytes[at + i] & 0xff;
        }
        return new MacAddress(bits);
    }

    /**
     * Reads {@code 52:54:00:12:34:56}, in either case.
     *
     * @throws IllegalArgumentException where it is none
     */
    public static MacAddress parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (!TEXT.matcher(lower).matches()) {
            throw new IllegalArgumentException(
                    "An Ethernet address is six bytes in hex with ':' between: '" + text + "'");
        }
        return new MacAddress(HexFormat.fromHexDigitsToLong(lower.replace(":", "")));
    }

    /** Whether it can be the address of one station: neither multicast nor 0. */
    public boolean isStation() {
        return (bits & MULTICAST) == 0 && bits != 0;
    }

    /** Whether it names a group of stations. */
    public boolean isMulticast() {
        return (bits & MULTICAST) != 0;
    }

    /** Its six bytes. */
    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (bits >>> 8 * (BYTES - 1 - i));
        }
        return bytes;
    }

    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(toBytes());
    }
}
