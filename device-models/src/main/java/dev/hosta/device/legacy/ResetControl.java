package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * The chip set's reset control register, one byte (RST_CNT of Intel's ICH).
 *
 * <p>Bit 1 says which reset, bit 3 whether it cycles the power: both are kept and make no
 * difference. Bit 2, RST_CPU, asks for the reset as it goes from 0 to 1. Source: Intel ICH9 data
 * sheet, section 13.7.5.
 *
 * <p>On a PC the register lies inside the PCI configuration address port: {@link PciConfigPorts}
 * passes its accesses on.
 *
 * <p>Threading: any thread; one lock around the register. The request is handed over outside it.
 */
public final class ResetControl implements ByteRegisters, Device, Stateful<ResetControlState.V1> {
    /** The bits that the register has. */
    static final int KEPT = 0x0e;

    private static final int RESET_CPU = 0x04;

    private final Consumer<GuestRequest> requests;
    private final Object lock = new Object();
    private int control;

    /**
     * The register as after power-on.
     *
     * @param requests takes the guest's request; must not block
     */
    public ResetControl(Consumer<GuestRequest> requests) {
        this.requests = Objects.requireNonNull(requests);
    }

    @Override
    public int readByte(int offset) {
        synchronized (lock) {
            return control;
        }
    }

    @Override
    public void writeByte(int offset, int value) {
        boolean resets;
        synchronized (lock) {
            resets = (value & ~control & RESET_CPU) != 0;
            control = value & KEPT;
        }
        if (resets) {
            requests.accept(new GuestRequest.Reset("reset control register"));
        }
    }

    @Override
    public void reset() {
        synchronized (lock) {
            control = 0;
        }
    }

    @Override
    public StateType<ResetControlState.V1> stateType() {
        return ResetControlState.V1.TYPE;
    }

    @Override
    public ResetControlState.V1 exportState() {
        synchronized (lock) {
            return new ResetControlState.V1(control);
        }
    }

    @Override
    public void importState(ResetControlState.V1 state) {
        synchronized (lock) {
            control = state.control();
        }
    }
}
