package dev.hosta.kvm;

/**
 * What is in flight between a vCPU and its interrupt logic, {@code struct kvm_vcpu_events}.
 *
 * @param exception exception in injection or pending
 * @param interrupt interrupt in injection, and the interrupt shadow
 * @param nmi non-maskable interrupts
 * @param sipiVector start-up vector that an AP received, unsigned 32 bit
 * @param flags {@code KVM_VCPUEVENT_VALID_*}: which optional fields count when written
 * @param smi system management mode
 * @param tripleFaultPending whether a triple fault waits; needs its capability to be enabled
 */
public record KvmVcpuEvents(
        PendingException exception,
        PendingInterrupt interrupt,
        Nmi nmi,
        int sipiVector,
        int flags,
        Smi smi,
        boolean tripleFaultPending) {

    /**
     * The exception part.
     *
     * @param injected being delivered
     * @param vector 0..31
     * @param hasErrorCode whether {@code errorCode} counts
     * @param pending raised, not yet in delivery
     * @param errorCode unsigned 32 bit
     * @param hasPayload whether {@code payload} counts
     * @param payload value for CR2 or DR6
     */
    public record PendingException(
            boolean injected,
            int vector,
            boolean hasErrorCode,
            boolean pending,
            int errorCode,
            boolean hasPayload,
            long payload) {}

    /**
     * The interrupt part.
     *
     * @param injected being delivered
     * @param vector 0..255
     * @param soft raised by INT n
     * @param shadow {@code KVM_X86_SHADOW_*}: 1 MOV SS, 2 STI
     */
    public record PendingInterrupt(boolean injected, int vector, boolean soft, int shadow) {}

    /**
     * The NMI part.
     *
     * @param injected being delivered
     * @param pending how many wait, 0..2
     * @param masked held off until IRET
     */
    public record Nmi(boolean injected, int pending, boolean masked) {}

    /**
     * The system management part.
     *
     * @param inSmm in system management mode
     * @param pending an SMI waits
     * @param insideNmi SMM was entered from an NMI handler
     * @param latchedInit an INIT waits for the end of SMM
     */
    public record Smi(boolean inSmm, boolean pending, boolean insideNmi, boolean latchedInit) {}
}
