package dev.hosta.machine;

/** How a run of a machine ended. */
public sealed interface MachineOutcome {
    /** The guest powered off cleanly (ACPI S5). */
    record PoweredOff() implements MachineOutcome {}

    /**
     * The guest reported a status of its own and ended.
     *
     * @param status 0..255
     */
    record Exited(int status) implements MachineOutcome {}

    /**
     * The guest asked for a reset; whoever runs the machine decides whether to start it anew.
     *
     * @param by which register asked
     */
    record ResetRequested(String by) implements MachineOutcome {}

    /**
     * The guest crashed: triple fault, internal error of KVM, invalid state, panic of its kernel.
     *
     * @param reason one line
     * @param report registers, code bytes and the page walk of rip, several lines; empty where no
     *     one vCPU is the cause: {@link VcpuLook#reports} has those of all
     */
    record Crashed(String reason, String report) implements MachineOutcome {}

    /** Somebody on the host ended the run: the user, a time limit, a signal. */
    record Stopped() implements MachineOutcome {}
}
