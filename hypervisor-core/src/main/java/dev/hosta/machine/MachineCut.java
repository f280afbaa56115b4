package dev.hosta.machine;

import dev.hosta.memory.FrozenRam;

import java.util.function.Consumer;

/**
 * All of a machine at one instant; see {@link VirtualMachine#cut}.
 *
 * <p>Threading: any thread reads; closed once.
 */
public final class MachineCut implements AutoCloseable {
    private final MachineState state;
    private final GuestCpu cpu;
    private final FrozenRam ram;
    private final boolean ran;
    private final boolean holdsTheGuest;
    private final Consumer<MachineCut> onClose;
    private long pauseNanos;

    MachineCut(
            MachineState state,
            GuestCpu cpu,
            FrozenRam ram,
            boolean ran,
            boolean holdsTheGuest,
            Consumer<MachineCut> onClose) {
        this.state = state;
        this.cpu = cpu;
        this.ram = ram;
        this.ran = ran;
        this.holdsTheGuest = holdsTheGuest;
        this.onClose = onClose;
    }

    /** All but RAM. */
    public MachineState state() {
        return state;
    }

    /** What the vCPUs were made from. */
    public GuestCpu cpu() {
        return cpu;
    }

    /** RAM; closed with this. */
    public FrozenRam ram() {
        return ram;
    }

    /** Whether the guest ran when it was cut. */
    public boolean ran() {
        return ran;
    }

    /**
     * How long the guest stood still for this at a stretch, in nanoseconds; where it stays paused,
     * so far.
     */
    public long pauseNanos() {
        return pauseNanos;
    }

    boolean holdsTheGuest() {
        return holdsTheGuest;
    }

    void paused(long nanos) {
        pauseNanos = nanos;
    }

    /** Lets go of RAM, and of the guest. Idempotent. */
    @Override
    public void close() {
        ram.close();
        onClose.accept(this);
    }
}
