package dev.hosta.device.irq;

/**
 * An interrupt that is sent and gone: it has no level that a device would hold or release.
 *
 * <p>An MSI-X vector is one, and so is an edge-triggered input of an interrupt controller that is
 * pulsed through an eventfd. Messages that are on their way together may arrive as one; a message
 * never arrives before what the device wrote ahead of sending it. Threading: any thread, several at
 * once; must not block.
 */
@FunctionalInterface
public interface MessageInterrupt {
    /** Sends it once. */
    void send();
}
