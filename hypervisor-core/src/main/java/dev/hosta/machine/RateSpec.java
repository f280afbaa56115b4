package dev.hosta.machine;

/**
 * How much a disk may do.
 *
 * @param operationsPerSecond requests; 0 for no limit
 * @param bytesPerSecond bytes read and written; 0 for no limit
 */
public record RateSpec(long operationsPerSecond, long bytesPerSecond) {
    /** No limit. */
    public static final RateSpec UNLIMITED = new RateSpec(0, 0);

    /** Checks that nothing is negative. */
    public RateSpec {
        if (operationsPerSecond < 0 || bytesPerSecond < 0) {
            throw new SpecException("A rate must be 0 or more.");
        }
    }

    /**
     * Reads a number of requests a second.
     *
     * @param text a whole number, 1 or more
     * @throws SpecException where it is none
     */
    public static long parseIops(String text) {
        boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        long iops = digits && text.length() <= 12 ? Long.parseLong(text) : 0;
        if (iops < 1) {
            throw new SpecException(
                    "A number of requests a second is a whole number from 1 on: '" + text + "'.");
        }
        return iops;
    }

    /**
     * Reads a number of bytes a second.
     *
     * @param text a size such as {@code 10M}
     * @throws SpecException where it is none, or nothing at all
     */
    public static long parseBytes(String text) {
        long bytes = ByteSize.parse(text);
        if (bytes < 1) {
            throw new SpecException("A rate is 1K bytes a second or more: '" + text + "'.");
        }
        return bytes;
    }
}
