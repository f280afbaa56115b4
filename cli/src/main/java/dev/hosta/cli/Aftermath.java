package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.Symbols;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks at a machine that has ended and is still there, and says how that came.
 *
 * <p>Threading: one thread.
 */
final class Aftermath {
    private static final int MOST_VCPUS = 4;

    private final VirtualMachine machine;
    private final MachineOutcome outcome;
    private final Optional<String> panic;
    private final Optional<Path> symbols;

    /**
     * Nothing looked at yet.
     *
     * @param panic why the kernel panicked, if it said so
     * @param symbols names of its addresses; where empty, the kernel's own
     */
    Aftermath(
            VirtualMachine machine,
            MachineOutcome outcome,
            Optional<String> panic,
            Optional<Path> symbols) {
        this.machine = machine;
        this.outcome = outcome;
        this.panic = panic;
        this.symbols = symbols;
    }

    /**
     * How the run ended.
     *
     * @param cut why it was ended from outside, if it was
     */
    RunEnd end(Optional<CutShort> cut) {
        return switch (outcome) {
            case MachineOutcome.Crashed crashed ->
                    crashed.report().isEmpty()
                            ? panicked()
                            : crash(crashed.reason(), List.of(crashed.report()));
            case MachineOutcome.Stopped stopped ->
                    cut.isPresent() ? cutShort(cut.get()) : RunEnd.own(outcome);
            case MachineOutcome.ResetRequested reset ->
                    panic.isPresent() ? panicked() : RunEnd.own(outcome);
            case MachineOutcome.PoweredOff off -> RunEnd.own(outcome);
            case MachineOutcome.Exited exited -> RunEnd.own(outcome);
        };
    }

    private RunEnd cutShort(CutShort cut) {
        return switch (cut) {
            case CutShort.TimedOut timedOut -> hung(ExitStatus.TIMED_OUT, timedOut.line());
            case CutShort.Stalled stalled -> hung(ExitStatus.STALLED, stalled.line());
            case CutShort.ScriptOver over ->
                    over.failed()
                            ? new RunEnd(
                                    outcome,
                                    ExitStatus.STEP_FAILED,
                                    Optional.empty(),
                                    machine.look().reports(),
                                    where())
                            : RunEnd.own(outcome);
            case CutShort.Panicked p -> panicked();
        };
    }

    private RunEnd hung(int status, String line) {
        return new RunEnd(
                outcome, status, Optional.of(line + where()), machine.look().reports(), ".");
    }

    private RunEnd panicked() {
        String cause = panic.orElse("");
        return crash(
                "kernel panic" + (cause.isEmpty() ? "" : ": " + cause), machine.look().reports());
    }

    private RunEnd crash(String reason, List<String> reports) {
        List<String> all = new ArrayList<>(reports);
        Symbols names = names();
        List<Long> rips = machine.look().rips();
        for (int i = 0; i < Math.min(rips.size(), MOST_VCPUS); i++) {
            String name = names.name(rips.get(i));
            if (!name.isEmpty()) {
                all.add("vCPU " + i + " in " + name);
            }
        }
        return new RunEnd(
                outcome, ExitStatus.CRASHED, Optional.of("The guest crashed: " + reason), all, ".");
    }

    /** Where its vCPUs are, behind a sentence. */
    private String where() {
        StringBuilder text = new StringBuilder();
        Symbols names = names();
        List<Long> rips = machine.look().rips();
        for (int i = 0; i < Math.min(rips.size(), MOST_VCPUS); i++) {
            long rip = rips.get(i);
            text.append(i == 0 ? "; " : ", ").append("vCPU ").append(i).append(" at 0x");
            text.append(Long.toHexString(rip));
            String name = names.name(rip);
            text.append(name.isEmpty() ? "" : " in " + name);
        }
        return text.append(rips.size() > MOST_VCPUS ? " and so on." : ".").toString();
    }

    private Symbols names() {
        Path file = symbols.orElseGet(() -> machine.spec().boot().kernel());
        try {
            return Symbols.read(file);
        } catch (IOException e) {
            // The kernel's own file may be gone by now; one that was asked for is missed.
            if (symbols.isPresent()) {
                Failure.print("Cannot read symbols from " + e.getMessage() + ".");
            }
            return Symbols.NONE;
        }
    }
}
