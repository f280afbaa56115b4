package dev.hosta.cli;

import dev.hosta.machine.SpecException;
import dev.hosta.machine.TimeSpan;

import java.time.Duration;

/** Times as people write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}. */
final class TimeText {
    private TimeText() {}

    /**
     * Reads a time.
     *
     * @throws SpecException where it is none, zero, or too long to count in nanoseconds
     */
    static Duration parse(String text) {
        return TimeSpan.parse(text);
    }

    /** Writes a time in the largest unit that it is a whole number of. */
    static String write(Duration time) {
        long millis = time.toMillis();
        if (millis % 60_000 == 0) {
            return millis / 60_000 + "m";
        }
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
