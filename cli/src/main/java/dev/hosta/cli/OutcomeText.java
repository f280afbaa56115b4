package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;

/** How a machine's end is told behind its name. */
final class OutcomeText {
    private OutcomeText() {}

    static String of(MachineOutcome outcome) {
        return switch (outcome) {
            case MachineOutcome.PoweredOff off -> "powered off";
            case MachineOutcome.Exited exited -> "ended with status " + exited.status();
            case MachineOutcome.ResetRequested reset -> "reset";
            case MachineOutcome.Crashed crashed -> "crashed: " + crashed.reason();
            case MachineOutcome.Stopped stopped -> "shut down";
        };
    }
}
