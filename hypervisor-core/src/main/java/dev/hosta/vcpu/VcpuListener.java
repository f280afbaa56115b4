package dev.hosta.vcpu;

/**
 * Hears what a vCPU cannot answer alone. Threading: called on vCPU threads, several at once; must
 * not block, nor wait for a vCPU.
 */
public interface VcpuListener {
    /**
     * The guest cannot run on; the vCPU has paused itself and still answers questions.
     *
     * @param cpu the vCPU, whose thread this is: its registers may be read here
     */
    void crashed(int index, String reason, VirtualCpu cpu);

    /** The guest ended by a paravirtual interface; the vCPU has paused itself. */
    void guestShutdown(int index, boolean reset);

    /** The host failed the vCPU's thread, which is over. */
    void hostFailed(int index, RuntimeException cause);
}
