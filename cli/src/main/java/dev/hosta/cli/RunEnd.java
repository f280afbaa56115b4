package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.ScriptResult;
import dev.hosta.script.StepResult;

import java.util.List;
import java.util.Optional;

/**
 * How a run ended: what its process says of it, and returns.
 *
 * @param outcome the machine's own
 * @param status of the process
 * @param line what is to be said; empty where the guest ended as a command does
 * @param reports registers and more of vCPUs, where the guest crashed or hangs
 */
record RunEnd(MachineOutcome outcome, int status, Optional<String> line, List<String> reports) {
    private static final int MOST_VCPUS = 4;

    /**
     * Looks at a machine that has ended and is still there.
     *
     * @param cut why it was ended from outside, if it was
     * @param panic why its kernel panicked, if it said so
     */
    static RunEnd of(
            VirtualMachine machine,
            MachineOutcome outcome,
            Optional<CutShort> cut,
            Optional<String> panic) {
        return switch (outcome) {
            case MachineOutcome.Crashed crashed ->
                    crashed.report().isEmpty()
                            ? panicked(machine, outcome, panic)
                            : crash(outcome, crashed.reason(), List.of(crashed.report()));
            case MachineOutcome.Stopped stopped ->
                    cut.map(why -> cutShort(machine, outcome, why, panic))
                            .orElseGet(() -> own(outcome));
            case MachineOutcome.ResetRequested reset ->
                    panic.isPresent() ? panicked(machine, outcome, panic) : own(outcome);
            case MachineOutcome.PoweredOff off -> own(outcome);
            case MachineOutcome.Exited exited -> own(outcome);
        };
    }

    private static RunEnd own(MachineOutcome outcome) {
        return new RunEnd(outcome, ExitStatus.of(outcome), Optional.empty(), List.of());
    }

    private static RunEnd crash(MachineOutcome outcome, String reason, List<String> reports) {
        return new RunEnd(
                outcome, ExitStatus.CRASHED, Optional.of("The guest crashed: " + reason), reports);
    }

    private static RunEnd panicked(
            VirtualMachine machine, MachineOutcome outcome, Optional<String> panic) {
        String cause = panic.orElse("");
        return crash(
                outcome,
                "kernel panic" + (cause.isEmpty() ? "" : ": " + cause),
                machine.look().reports());
    }

    private static RunEnd cutShort(
            VirtualMachine machine, MachineOutcome outcome, CutShort cut, Optional<String> panic) {
        return switch (cut) {
            case CutShort.TimedOut timedOut ->
                    new RunEnd(
                            outcome,
                            ExitStatus.TIMED_OUT,
                            Optional.of(
                                    "The guest ran past --timeout "
                                            + TimeText.write(timedOut.limit())
                                            + where(machine)),
                            List.of());
            case CutShort.Stalled stalled ->
                    new RunEnd(
                            outcome,
                            ExitStatus.STALLED,
                            Optional.of(
                                    "The guest stalled, without output or progress for --stall "
                                            + TimeText.write(stalled.quiet())
                                            + where(machine)),
                            machine.look().reports());
            case CutShort.ScriptOver over -> own(outcome);
            case CutShort.Panicked p -> panicked(machine, outcome, panic);
        };
    }

    /** Where its vCPUs are, behind a sentence. */
    private static String where(VirtualMachine machine) {
        StringBuilder text = new StringBuilder();
        List<Long> rips = machine.look().rips();
        for (int i = 0; i < Math.min(rips.size(), MOST_VCPUS); i++) {
            text.append(i == 0 ? "; " : ", ").append("vCPU ").append(i).append(" at 0x");
            text.append(Long.toHexString(rips.get(i)));
        }
        return text.append(rips.size() > MOST_VCPUS ? " and so on." : ".").toString();
    }

    /**
     * The end of a run whose script was over before or after it: a script that was passed to its
     * last wait is what counts, not what the guest did behind it.
     *
     * @param awaited whether the guest's own end counts, once all steps are passed
     */
    RunEnd judged(ScriptResult result, boolean awaited) {
        Optional<StepResult> failed = result.failed();
        if (failed.isEmpty()) {
            return awaited || line.isPresent()
                    ? this
                    : new RunEnd(outcome, ExitStatus.OK, Optional.empty(), List.of());
        }
        Failure.print(failed.get().line());
        if (!result.screen().isEmpty()) {
            Failure.print("The last that the guest showed:");
            System.err.println(result.screen());
        }
        return line.isPresent()
                ? this
                : new RunEnd(outcome, ExitStatus.STEP_FAILED, Optional.empty(), List.of());
    }

    /** Says it, and gives the status. */
    int tell() {
        line.ifPresent(Failure::print);
        reports.forEach(report -> System.err.println(report.stripTrailing()));
        return status;
    }
}
