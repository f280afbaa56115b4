package dev.hosta.script;

import java.time.Duration;
import java.util.Optional;

/**
 * How one step went.
 *
 * @param step the step
 * @param number from 1, the last ones counted on
 * @param took how long it took
 * @param failure why it failed; empty where it did not
 */
public record StepResult(Step step, int number, Duration took, Optional<String> failure) {
    /** Whether it did what it was to do. */
    public boolean passed() {
        return failure.isEmpty();
    }

    /** One line that says what failed, where and why. */
    public String line() {
        String why = failure.orElse("");
        return step.place() + ": Step " + number + ", " + step.title() + ": " + why + ".";
    }
}
