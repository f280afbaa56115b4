package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.script.ScriptReport;
import dev.hosta.script.ScriptResult;
import dev.hosta.script.ScriptRun;
import dev.hosta.script.StepResult;

import java.util.List;
import java.util.Optional;

/**
 * How a run ended: what its process says of it, and returns.
 *
 * @param outcome the machine's own
 * @param status of the process
 * @param line what is to be said; empty where the guest ended as a command does
 * @param reports registers and more of vCPUs, where the guest crashed, hangs or failed its script
 * @param where the vCPUs were, behind a sentence, where that is of use; else a full stop
 */
record RunEnd(
        MachineOutcome outcome,
        int status,
        Optional<String> line,
        List<String> reports,
        String where) {

    /** A guest that ended as a command does. */
    static RunEnd own(MachineOutcome outcome) {
        return new RunEnd(outcome, ExitStatus.of(outcome), Optional.empty(), List.of(), ".");
    }

    /**
     * The end of a run whose script was over before or after it: a script that was passed to its
     * last wait is what counts, not what the guest did behind it. Tells of the step that failed.
     *
     * @param awaited whether the guest's own end counts, once all steps are passed
     */
    RunEnd judged(ScriptResult result, boolean awaited) {
        Optional<StepResult> failed = result.failed();
        if (failed.isEmpty()) {
            return awaited || line.isPresent() ? this : with(ExitStatus.OK);
        }
        if (result.isCommandsStatus() && line.isEmpty()) {
            return with(result.status().orElseThrow());
        }
        String said = failed.get().line();
        Failure.print(said.substring(0, said.length() - 1) + where);
        if (!result.screen().isEmpty()) {
            Failure.print("The last that the guest showed:");
            System.err.println(result.screen());
        }
        return line.isPresent() ? this : with(ExitStatus.STEP_FAILED);
    }

    private RunEnd with(int other) {
        return new RunEnd(outcome, other, line, reports, where);
    }

    /** What is written of it and its script. */
    ScriptReport report(ScriptResult result) {
        String end = line.orElseGet(() -> ScriptRun.describe(outcome));
        return new ScriptReport(result, end, status, reports);
    }

    /** Says it, and gives the status. */
    int tell() {
        if (line.isPresent()) {
            Failure.print(line.get());
            if (status != ExitStatus.TIMED_OUT) {
                reports.forEach(report -> System.err.println(report.stripTrailing()));
            }
        }
        return status;
    }
}
