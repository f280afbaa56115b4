package dev.hosta.control;

import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;

import java.util.Optional;

/**
 * A VM at one moment.
 *
 * @param spec what was asked for
 * @param serial where its serial console goes
 * @param machine the machine, while it is up
 * @param upSinceNanos {@link System#nanoTime} of the last boot; any value before the first
 * @param end how the last machine ended; empty before the first end
 */
public record VmView(
        MachineSpec spec,
        SerialChoice serial,
        Optional<VirtualMachine> machine,
        long upSinceNanos,
        Optional<String> end) {
    /** The state's name in the API: Created, Running, Paused or Shutdown. */
    public String state() {
        if (machine.isEmpty()) {
            return end.isPresent() ? "Shutdown" : "Created";
        }
        return machine.get().phase() == MachinePhase.PAUSED ? "Paused" : "Running";
    }

    /** Milliseconds since the last boot; 0 while the machine is down. */
    public long uptimeMillis() {
        return machine.isEmpty() ? 0 : (System.nanoTime() - upSinceNanos) / 1_000_000;
    }
}
