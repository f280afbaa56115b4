package dev.hosta.device.virtio.transport;

import dev.hosta.device.irq.InterruptLine;
import dev.hosta.device.virtio.abi.VirtioMmio;

/**
 * InterruptStatus and InterruptACK (virtio 1.2 §4.2.2): the line is high while a bit is set.
 *
 * <p>Threading: any thread; one lock, in which the line is driven, so that its last level is that
 * of the last bits. Separate from the registers' lock: a device raises interrupts while a vCPU
 * waits for its reset.
 */
final class InterruptStatus {
    private static final int BITS =
            VirtioMmio.INTERRUPT_USED_BUFFER | VirtioMmio.INTERRUPT_CONFIG_CHANGE;

    private final InterruptLine line;
    private int pending;

    InterruptStatus(InterruptLine line) {
        this.line = line;
    }

    synchronized int pending() {
        return pending;
    }

    synchronized void raise(int bits) {
        if (pending == 0) {
            line.set(true);
        }
        pending |= bits;
    }

    synchronized void acknowledge(long bits) {
        int left = pending & ~((int) bits & BITS);
        if (left == 0 && pending != 0) {
            line.set(false);
        }
        pending = left;
    }

    /** Takes over bits and drives the line, whatever it was. */
    synchronized void restore(int bits) {
        pending = bits;
        line.set(bits != 0);
    }
}
