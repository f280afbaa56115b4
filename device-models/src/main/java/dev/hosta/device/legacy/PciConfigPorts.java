package dev.hosta.device.legacy;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.util.Objects;

/**
 * The ports of PCI configuration mechanism #1, for a machine without PCI: nothing answers.
 *
 * <pre>
 *  offset size
 *       0    4 CONFIG_ADDRESS   by 4-byte accesses only; keeps what is written
 *       1    1 reset control    by 1-byte accesses: passed on
 *       4    4 CONFIG_DATA      reads all ones, writes are dropped
 * </pre>
 *
 * <p>Any other access in the first four bytes finds nothing, as on a PC, where it does not reach
 * the PCI bridge. Source: PCI Local Bus Specification 3.0, section 3.2.2.3.2.
 *
 * <p>Threading: any thread; the one register is a volatile field.
 */
public final class PciConfigPorts implements BusDevice, Device, Stateful<PciConfigPortsState.V1> {
    /** Size of the block in bytes. */
    public static final int SIZE_BYTES = 8;

    private static final int RESET_CONTROL = 1;

    private final ResetControl resetControl;
    private volatile long address;

    /**
     * The ports as after power-on.
     *
     * @param resetControl what answers 1-byte accesses at offset 1; its life is its owner's
     */
    public PciConfigPorts(ResetControl resetControl) {
        this.resetControl = Objects.requireNonNull(resetControl);
    }

    @Override
    public long read(long offset, int widthBytes) {
        if (offset == 0 && widthBytes == 4) {
            return address;
        }
        if (offset == RESET_CONTROL && widthBytes == 1) {
            return resetControl.readByte(0);
        }
        return -1;
    }

    @Override
    public void write(long offset, int widthBytes, long value) {
        if (offset == 0 && widthBytes == 4) {
            address = value & 0xffff_ffffL;
        } else if (offset == RESET_CONTROL && widthBytes == 1) {
            resetControl.writeByte(0, (int) value & 0xff);
        }
    }

    @Override
    public void reset() {
        address = 0;
    }

    @Override
    public StateType<PciConfigPortsState.V1> stateType() {
        return PciConfigPortsState.V1.TYPE;
    }

    @Override
    public PciConfigPortsState.V1 exportState() {
        return new PciConfigPortsState.V1(address);
    }

    @Override
    public void importState(PciConfigPortsState.V1 state) {
        address = state.address();
    }
}
