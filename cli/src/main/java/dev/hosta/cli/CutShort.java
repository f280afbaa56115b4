package dev.hosta.cli;

import java.time.Duration;

/** Why a run was ended that the guest had not ended itself. */
sealed interface CutShort {
    /**
     * Its time was up.
     *
     * @param limit what was allowed
     */
    record TimedOut(Duration limit) implements CutShort {}

    /**
     * It showed nothing and did nothing.
     *
     * @param quiet for so long
     */
    record Stalled(Duration quiet) implements CutShort {}

    /**
     * The script was over that ran it.
     *
     * @param failed whether a step failed
     */
    record ScriptOver(boolean failed) implements CutShort {}

    /** Its kernel said on the console that it has panicked. */
    record Panicked() implements CutShort {}
}
