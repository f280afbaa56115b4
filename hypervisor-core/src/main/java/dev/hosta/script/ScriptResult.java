package dev.hosta.script;

import java.util.List;
import java.util.Optional;

/**
 * How a script went.
 *
 * @param name of the script
 * @param steps those that were taken, in their order
 * @param planned how many there were to take
 * @param screen the last lines on the console
 */
public record ScriptResult(String name, List<StepResult> steps, int planned, String screen) {
    /** Copies the list. */
    public ScriptResult {
        steps = List.copyOf(steps);
    }

    /** The first step that failed. */
    public Optional<StepResult> failed() {
        return steps.stream().filter(step -> !step.passed()).findFirst();
    }
}
