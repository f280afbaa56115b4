package dev.hosta.device.virtio.transport;

import dev.hosta.device.irq.MessageInterrupt;
import dev.hosta.device.virtio.abi.VirtioMmio;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * InterruptStatus and InterruptACK (virtio 1.2 §4.2.2), with an interrupt that has no level: every
 * {@link #raise} sets its bits and sends a message.
 *
 * <p>Why no interrupt is lost. The device writes the used ring, then sets the bit, then sends. The
 * driver is entered, reads the bits, acknowledges them, and looks at the rings (Linux, and all
 * drivers that work on real devices: what is acknowledged after the look is lost with a level as
 * well, for the acknowledgement clears the bit that a newer buffer has set again).
 *
 * <ul>
 *   <li>A buffer used before the driver's look is seen by it, whatever becomes of the bit and the
 *       message.
 *   <li>A buffer used after that look had its bit set after the acknowledgement, so that it stands;
 *       and its message is sent while the driver's handler runs or later: the local APIC keeps it,
 *       and the handler is entered again. It finds the bit and the buffer.
 *   <li>The message goes out even where the bit is already set. Were it left out then, one edge
 *       that a masked I/O APIC input dropped would silence the device for good; as it is, the next
 *       buffer mends it. A message that comes when all is done finds no bit: harmless.
 *   <li>Devices that share an input each send their own message. The one input must be pulsed by
 *       one sender only (as an irqfd does), so that no pulse vanishes in the high half of another.
 *   <li>A message may be lost between machines: sent, but not yet in the interrupt controllers when
 *       their state is saved. A bit that stands says so, and {@link #sendAgain} makes up for it.
 * </ul>
 *
 * <p>Threading: any thread, without a lock: the device's thread and vCPUs set and clear bits of one
 * atomic word. A device raises interrupts while a vCPU waits for its reset.
 */
final class InterruptStatus {
    private static final int BITS =
            VirtioMmio.INTERRUPT_USED_BUFFER | VirtioMmio.INTERRUPT_CONFIG_CHANGE;

    private final MessageInterrupt interrupt;
    private final AtomicInteger pending = new AtomicInteger();

    InterruptStatus(MessageInterrupt interrupt) {
        this.interrupt = interrupt;
    }

    int pending() {
        return pending.get();
    }

    void raise(int bits) {
        pending.getAndUpdate(old -> old | bits);
        interrupt.send();
    }

    void acknowledge(long bits) {
        int left = ~((int) bits & BITS);
        pending.getAndUpdate(old -> old & left);
    }

    /** Takes over bits and sends nothing: the interrupt controllers may not be restored yet. */
    void restore(int bits) {
        pending.set(bits);
    }

    /** Sends a message where bits stand that the driver may not have been told of. */
    void sendAgain() {
        if (pending() != 0) {
            interrupt.send();
        }
    }
}
