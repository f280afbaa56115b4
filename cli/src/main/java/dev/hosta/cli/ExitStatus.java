package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;

/** Statuses with which the process ends, as the command line's contract promises them. */
final class ExitStatus {
    /** Done; of {@code run}: the guest powered off, or its user ended it. */
    static final int OK = 0;

    /** The request failed. */
    static final int FAILED = 1;

    /** The command line makes no sense. */
    static final int USAGE = 2;

    /** This host cannot run guests. */
    static final int HOST_UNUSABLE = 3;

    /** The machine's description or image is at fault. */
    static final int BAD_SPEC = 4;

    /** A saved machine that cannot go on here. */
    static final int INCOMPATIBLE = 5;

    /** A guest did not migrate, and is where it was. */
    static final int NOT_MIGRATED = 6;

    /** A guest may have migrated, and is paused where it was. */
    static final int MIGRATION_UNKNOWN = 7;

    /** What a signal of Ctrl-C ends with. */
    static final int INTERRUPTED = 130;

    /** Of {@code run}: a step of its script failed, such as {@code --expect}. */
    static final int STEP_FAILED = 122;

    /** Of {@code run}: neither output nor progress for {@code --stall}. */
    static final int STALLED = 123;

    /** Of {@code run}: past {@code --timeout}. */
    static final int TIMED_OUT = 124;

    /** Of {@code run}: Hosta could not run the guest, usage included. */
    static final int NOT_RUN = 125;

    /** Of {@code run}: the guest crashed. */
    static final int CRASHED = 126;

    private ExitStatus() {}

    /** The status of {@code run} for the way in which the guest ended. */
    static int of(MachineOutcome outcome) {
        return switch (outcome) {
            case MachineOutcome.PoweredOff off -> OK;
            case MachineOutcome.ResetRequested reset -> OK;
            case MachineOutcome.Stopped stop -> OK;
            case MachineOutcome.Exited exited -> exited.status();
            case MachineOutcome.Crashed crashed -> CRASHED;
        };
    }
}
