package dev.hosta.machine;

import java.time.Duration;

/** Times as people write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}. */
public final class TimeSpan {
    private TimeSpan() {}

    /**
     * Reads a time.
     *
     * @throws SpecException where it is none, zero, or too long to count in nanoseconds
     */
    public static Duration parse(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        long unitMillis =
                switch (text.substring(digits)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    case "h" -> 3_600_000;
                    default -> 0;
                };
        try {
            long millis = Math.multiplyExact(Long.parseLong(text, 0, digits, 10), unitMillis);
            if (millis > 0 && millis <= Long.MAX_VALUE / 1_000_000) {
                return Duration.ofMillis(millis);
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new SpecException(message(text), e);
        }
        throw new SpecException(message(text));
    }

    private static String message(String text) {
        return "A time is a whole number with ms, s, m or h behind it, such as 30s: '"
                + text
                + "'.";
    }
}
