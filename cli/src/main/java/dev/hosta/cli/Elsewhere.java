package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.script.ScriptRun;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A guest that its script has sent to another process, as the session waits for it.
 *
 * <p>Threading: one thread.
 */
final class Elsewhere implements RunLimits.Watched {
    private final ScriptedRun script;
    private final ScriptRun steps;

    /** A guest that steps still may send further. */
    Elsewhere(ScriptedRun script, ScriptRun steps) {
        this.script = script;
        this.steps = steps;
    }

    @Override
    public Optional<MachineOutcome> awaitEnd(Duration limit) {
        return script.awaitElsewhere(System.nanoTime() + limit.toNanos());
    }

    @Override
    public long activity() {
        return steps.guest().activity();
    }

    @Override
    public boolean isRunning() {
        return true;
    }

    /**
     * How the run ended.
     *
     * @param cut why it was ended from outside, if it was
     */
    RunEnd end(MachineOutcome outcome, Optional<CutShort> cut) {
        if (outcome instanceof MachineOutcome.Crashed crashed) {
            return new RunEnd(
                    outcome,
                    ExitStatus.CRASHED,
                    Optional.of("The guest crashed: " + crashed.reason()),
                    crashed.report().isEmpty() ? List.of() : List.of(crashed.report()),
                    ".");
        }
        return cut.map(
                        why ->
                                switch (why) {
                                    case CutShort.TimedOut timedOut ->
                                            said(ExitStatus.TIMED_OUT, timedOut.line() + ".");
                                    case CutShort.Stalled stalled ->
                                            said(ExitStatus.STALLED, stalled.line() + ".");
                                    case CutShort.Panicked panicked ->
                                            said(
                                                    ExitStatus.CRASHED,
                                                    "The guest crashed: kernel panic");
                                    case CutShort.ScriptOver over -> RunEnd.own(outcome);
                                })
                .orElseGet(() -> RunEnd.own(outcome));
    }

    private static RunEnd said(int status, String line) {
        return new RunEnd(new MachineOutcome.Stopped(), status, Optional.of(line), List.of(), ".");
    }
}
