package dev.hosta.script;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a script went.
 *
 * @param name of the script
 * @param steps those that were taken, in their order
 * @param planned how many there were to take
 * @param screen the last lines on the console
 * @param status of the last command whose status is the script's, if there was one
 */
public record ScriptResult(
        String name, List<StepResult> steps, int planned, String screen, OptionalInt status) {
    /** A script without such a command. */
    public ScriptResult(String name, List<StepResult> steps, int planned, String screen) {
        this(name, steps, planned, screen, OptionalInt.empty());
    }

    /** Copies the list. */
    public ScriptResult {
        steps = List.copyOf(steps);
    }

    /** Whether a command's own status is all that failed. */
    public boolean isCommandsStatus() {
        return status.isPresent()
                && failed().map(step -> step.step().action() instanceof Step.Exec).orElse(false);
    }

    /** The first step that failed. */
    public Optional<StepResult> failed() {
        return steps.stream().filter(step -> !step.passed()).findFirst();
    }
}
