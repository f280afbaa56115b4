package dev.hosta.device.legacy;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.lifecycle.GuestRequest;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * The debug-exit port of QEMU ({@code isa-debug-exit}): a write of {@code v}, of any width, ends
 * the guest with status {@code (v << 1 | 1) & 0xff}. So 0 cannot be reported; see {@link
 * ExitStatus}. Reads give 0.
 *
 * <p>It has no state. Threading: any thread.
 */
public final class DebugExit implements BusDevice {
    /** Size of the register in bytes. */
    public static final int SIZE_BYTES = 4;

    private final Consumer<GuestRequest> requests;

    /**
     * The port.
     *
     * @param requests takes the guest's request; must not block
     */
    public DebugExit(Consumer<GuestRequest> requests) {
        this.requests = Objects.requireNonNull(requests);
    }

    @Override
    public long read(long offset, int widthBytes) {
        return 0;
    }

    @Override
    public void write(long offset, int widthBytes, long value) {
        requests.accept(new GuestRequest.Exit((int) (value << 1 | 1) & 0xff));
    }
}
