package dev.hosta.machine;

/**
 * Sizes as people write them: {@code 512M}, {@code 2G}; units are powers of 1024, {@code B} is one.
 */
public final class ByteSize {
    private static final String UNITS = "BKMGT";

    private ByteSize() {}

    /**
     * Reads a size.
     *
     * @param text a whole number and one of {@code B K M G T}, in either case
     * @return bytes, 0 to 2^63-1
     * @throws SpecException where it is no such size, or too large
     */
    public static long parse(String text) {
        int last = text.length() - 1;
        int unit = last < 1 ? -1 : UNITS.indexOf(Character.toUpperCase(text.charAt(last)));
        if (unit < 0 || !isDigits(text, last)) {
            throw new SpecException(
                    "A size is a whole number with K, M, G or T behind it, such as 512M: '"
                            + text
                            + "'.");
        }
        try {
            return Math.multiplyExact(Long.parseLong(text, 0, last, 10), 1L << 10 * unit);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new SpecException("A size this large cannot be: '" + text + "'.", e);
        }
    }

    /**
     * Writes a size as {@link #parse} reads it, in the largest unit that loses nothing.
     *
     * @param bytes 0 to 2^63-1
     */
    public static String text(long bytes) {
        int unit = 0;
        long count = bytes;
        while (count != 0 && count % 1024 == 0 && unit < UNITS.length() - 1) {
            count /= 1024;
            unit++;
        }
        return count + UNITS.substring(unit, unit + 1);
    }

    private static boolean isDigits(String text, int end) {
        for (int i = 0; i < end; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
