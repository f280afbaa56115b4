package dev.hosta.vcpu;

import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSregs;

/**
 * One vCPU of an accelerator: the seam between this house and KVM.
 *
 * <p>Another accelerator stands beside KVM by implementing this; nothing above it knows which one
 * runs the guest.
 *
 * <p>Threading: created, used and closed by one platform thread, the vCPU's own, because KVM ties a
 * vCPU to its thread; only {@link #interrupt} may be called by others.
 */
public interface VirtualCpu extends AutoCloseable {
    /** Makes a vCPU; called on the thread that will run it. */
    @FunctionalInterface
    interface Factory {
        /**
         * Creates vCPU number {@code index} in its reset state.
         *
         * @param index 0 up; also the APIC id
         */
        VirtualCpu create(int index);
    }

    /**
     * Runs guest code until something stops it. After {@link #interrupt} it returns {@link
     * VcpuExit.Interrupted} soon, at once if the interrupt came before the call.
     */
    VcpuExit run();

    /**
     * Enters the guest only to finish what the last exit left half done (the data of a port or MMIO
     * access is written to registers on re-entry, api.rst §5), and comes back before the guest's
     * next instruction.
     *
     * @return {@link VcpuExit.Interrupted} when the vCPU's state is whole; any other exit is to be
     *     answered and followed by another call
     */
    VcpuExit settle();

    /** Hands over an answer that is more than data, before the next {@link #run}. */
    void reply(ExitAnswer answer);

    /** Makes {@link #run} return soon. Threading: any thread, until {@link #close} began. */
    void interrupt();

    /** Forgets interrupts so far: the caller has looked at what they were for. */
    void clearInterrupt();

    /** General registers; only when settled, or after a crash. */
    KvmRegs regs();

    /** Segment, table and control registers; only when settled, or after a crash. */
    KvmSregs sregs();

    /** Makes the vCPU start with these registers; before its first run. */
    void setEntry(KvmRegs regs, KvmSregs sregs);

    /** Frequency of the guest's TSC, in kHz. */
    int tscKhz();

    /** Queues a non-maskable interrupt, taken at the next {@link #run}; only when settled. */
    void injectNmi();

    /** The whole state; only when settled. */
    VcpuState.V1 state();

    /** Takes over a whole state; only when settled. */
    void setState(VcpuState.V1 state);

    @Override
    void close();
}
