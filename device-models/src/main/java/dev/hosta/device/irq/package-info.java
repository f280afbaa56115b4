/**
 * Interrupts as a device raises them.
 *
 * <p>Start at {@link dev.hosta.device.irq.InterruptLine}, a pin with a level; {@link
 * dev.hosta.device.irq.MessageInterrupt} has none. Must not know interrupt controllers.
 */
package dev.hosta.device.irq;
