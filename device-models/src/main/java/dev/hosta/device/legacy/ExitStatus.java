package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.lifecycle.GuestRequest;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * The exit-status port, Hosta's own: a write of a byte ends the guest with that status, 0 included.
 * Reads give 0.
 *
 * <p>It has no state. Threading: any thread.
 */
public final class ExitStatus implements ByteRegisters {
    /** Size of the register in bytes. */
    public static final int SIZE_BYTES = 1;

    private final Consumer<GuestRequest> requests;

    /**
     * The port.
     *
     * @param requests takes the guest's request; must not block
     */
    public ExitStatus(Consumer<GuestRequest> requests) {
        this.requests = Objects.requireNonNull(requests);
    }

    @Override
    public int readByte(int offset) {
        return 0;
    }

    @Override
    public void writeByte(int offset, int value) {
        requests.accept(new GuestRequest.Exit(value));
    }
}
