/**
 * Interrupts as a device raises them.
 *
 * <p>Start at {@link dev.hosta.device.irq.InterruptLine}. Must not know interrupt controllers.
 */
package dev.hosta.device.irq;
