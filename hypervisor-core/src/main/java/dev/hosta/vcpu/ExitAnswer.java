package dev.hosta.vcpu;

/** What the vCPU's thread does after an exit. */
public sealed interface ExitAnswer {
    /** The one instance of {@link Resume}: the common answer allocates nothing. */
    ExitAnswer RESUME = new Resume();

    /** Run the guest on. */
    record Resume() implements ExitAnswer {}

    /**
     * Refuse the guest's RDMSR or WRMSR with a general-protection fault, then run on.
     *
     * <p>Source: api.rst, KVM_EXIT_X86_RDMSR: {@code msr.error} other than 0 injects #GP.
     */
    record RefuseMsr() implements ExitAnswer {}

    /**
     * Answer a hypercall, then run on.
     *
     * @param result for the guest's rax
     */
    record HypercallResult(long result) implements ExitAnswer {}

    /**
     * The guest ended cleanly by a paravirtual interface.
     *
     * @param reset whether it wants to start anew
     */
    record GuestShutdown(boolean reset) implements ExitAnswer {}

    /**
     * The guest cannot run on.
     *
     * @param reason one line
     */
    record Crash(String reason) implements ExitAnswer {}
}
