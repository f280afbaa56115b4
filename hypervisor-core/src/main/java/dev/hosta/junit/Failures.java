package dev.hosta.junit;

import dev.hosta.script.StepException;

import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.opentest4j.AssertionFailedError;

/** What a test fails with: one line, and below it what the guest showed last. */
final class Failures {
    private Failures() {}

    /**
     * A guest that did not do what it was to.
     *
     * @param what was tried
     * @param why it failed, no sentence's end behind it
     */
    static AssertionFailedError of(GuestRun run, String what, String why) {
        return new AssertionFailedError(text(run, what, why));
    }

    /** As the other, where something was thrown. */
    static AssertionFailedError of(GuestRun run, String what, RuntimeException cause) {
        return new AssertionFailedError(text(run, what, String.valueOf(cause.getMessage())), cause);
    }

    /** A wait that was interrupted; the thread stays so. */
    static AssertionFailedError interrupted(String what, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AssertionFailedError(what + ": it was interrupted", e);
    }

    /** A guest that could not be made: the line alone. */
    static ParameterResolutionException unmade(RuntimeException cause) {
        String line = oneLine(String.valueOf(cause.getMessage()));
        return new ParameterResolutionException(line, cause);
    }

    private static String text(GuestRun run, String what, String why) {
        StringBuilder text = new StringBuilder(what).append(": ").append(oneLine(why));
        String details = run.ending().map(GuestRun.Ending::details).orElse("");
        if (!details.isBlank()) {
            text.append('\n').append(details.stripTrailing());
        }
        String screen = run.text().screen();
        if (!screen.isBlank()) {
            text.append("\nThe last lines on ").append(run.name()).append("'s console:\n");
            text.append(screen);
        }
        return text.toString();
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\R", " ");
    }

    /** Why a step of a script would have failed, as the end of a line. */
    static AssertionFailedError of(GuestRun run, String what, StepException e) {
        String ended = run.ending().map(end -> " (it " + end.text() + ")").orElse("");
        return new AssertionFailedError(text(run, what, e.getMessage() + ended), e);
    }
}
