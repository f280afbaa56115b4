package dev.hosta.device.virtio.transport;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.queue.SplitQueueState;

/** The driver's side of the registers (virtio 1.2 §3.1.1, §4.2.3). */
public final class MmioDriver {
    private final BusDevice registers;

    /** Drives these registers. */
    public MmioDriver(BusDevice registers) {
        this.registers = registers;
    }

    /** Reads a register. */
    public long read(int register) {
        return registers.read(register, 4);
    }

    /** Writes a register. */
    public void write(int register, long value) {
        registers.write(register, 4, value & 0xffff_ffffL);
    }

    /** Sets bits of the status, as drivers do. */
    public void addStatus(int bits) {
        write(VirtioMmio.STATUS, read(VirtioMmio.STATUS) | bits);
    }

    /** Features that the device offers. */
    public long offered() {
        write(VirtioMmio.DEVICE_FEATURES_SEL, 1);
        long high = read(VirtioMmio.DEVICE_FEATURES);
        write(VirtioMmio.DEVICE_FEATURES_SEL, 0);
        return high << 32 | read(VirtioMmio.DEVICE_FEATURES);
    }

    /** Goes as far as FEATURES_OK; whether the device took the features. */
    public boolean negotiate(long features) {
        write(VirtioMmio.STATUS, 0);
        addStatus(VirtioStatus.ACKNOWLEDGE);
        addStatus(VirtioStatus.DRIVER);
        write(VirtioMmio.DRIVER_FEATURES_SEL, 0);
        write(VirtioMmio.DRIVER_FEATURES, features);
        write(VirtioMmio.DRIVER_FEATURES_SEL, 1);
        write(VirtioMmio.DRIVER_FEATURES, features >>> 32);
        addStatus(VirtioStatus.FEATURES_OK);
        return (read(VirtioMmio.STATUS) & VirtioStatus.FEATURES_OK) != 0;
    }

    /** Writes where a queue is and makes it ready. */
    public void setUp(int index, GuestDriver queue) {
        SplitQueueState.V1 state = queue.state();
        write(VirtioMmio.QUEUE_SEL, index);
        write(VirtioMmio.QUEUE_NUM, state.size());
        write(VirtioMmio.QUEUE_DESC_LOW, state.descGpa());
        write(VirtioMmio.QUEUE_DESC_HIGH, state.descGpa() >>> 32);
        write(VirtioMmio.QUEUE_DRIVER_LOW, state.availGpa());
        write(VirtioMmio.QUEUE_DRIVER_HIGH, state.availGpa() >>> 32);
        write(VirtioMmio.QUEUE_DEVICE_LOW, state.usedGpa());
        write(VirtioMmio.QUEUE_DEVICE_HIGH, state.usedGpa() >>> 32);
        write(VirtioMmio.QUEUE_READY, 1);
    }

    /** The last step: the device may work. */
    public void ready() {
        addStatus(VirtioStatus.DRIVER_OK);
    }
}
