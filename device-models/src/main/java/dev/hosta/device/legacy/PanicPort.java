package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.lifecycle.GuestRequest;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * The {@code pvpanic} device: one register by which a guest's kernel says that it has panicked.
 *
 * <pre>
 *  bit  read: the device knows it   written: it has happened
 *   0   1                           the kernel panicked and does not go on: the guest has crashed
 *   1   1                           it panicked, and a crash kernel goes on: nothing is done
 * </pre>
 *
 * <p>Other bits read 0 and are ignored when written. Source: QEMU, docs/specs/pvpanic.rst.
 *
 * <p>It has no state. Threading: any thread.
 */
public final class PanicPort implements ByteRegisters {
    /** Size of the register in bytes. */
    public static final int SIZE_BYTES = 1;

    private static final int PANICKED = 1;
    private static final int CRASH_LOADED = 1 << 1;

    private final Consumer<GuestRequest> requests;

    /**
     * The port.
     *
     * @param requests takes the guest's word that it has panicked; must not block
     */
    public PanicPort(Consumer<GuestRequest> requests) {
        this.requests = Objects.requireNonNull(requests);
    }

    @Override
    public int readByte(int offset) {
        return PANICKED | CRASH_LOADED;
    }

    @Override
    public void writeByte(int offset, int value) {
        if ((value & PANICKED) != 0) {
            requests.accept(new GuestRequest.Panic());
        }
    }
}
