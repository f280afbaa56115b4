package dev.hosta.cli;

import java.time.Duration;

/** Why a run was ended that the guest had not ended itself. */
sealed interface CutShort {
    /**
     * Its time was up.
     *
     * @param limit what was allowed
     */
    record TimedOut(Duration limit) implements CutShort {
        /** What is said of it, its end left out. */
        String line() {
            return "The guest ran past --timeout " + TimeText.write(limit);
        }
    }

    /**
     * It showed nothing and did nothing.
     *
     * @param quiet for so long
     */
    record Stalled(Duration quiet) implements CutShort {
        /** What is said of it, its end left out. */
        String line() {
            return "The guest stalled, without output or progress for --stall "
                    + TimeText.write(quiet);
        }
    }

    /**
     * The script was over that ran it.
     *
     * @param failed whether a step failed
     */
    record ScriptOver(boolean failed) implements CutShort {}

    /** Its kernel said on the console that it has panicked. */
    record Panicked() implements CutShort {}
}
