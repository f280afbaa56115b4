/**
 * A console with ports (virtio 1.2 §5.3): byte streams between the guest and the host, one of which
 * may be a terminal.
 *
 * <p>Start at {@link dev.hosta.device.virtio.console.ConsoleDevice}. {@code PortLine} carries the
 * bytes of one port and knows what its driver was told, {@code ControlMessage} is what travels on
 * the control queues, {@code ConsoleConfig} what the device offers. Must not know the host's side
 * but by {@link dev.hosta.device.backend.ConsolePort}.
 */
package dev.hosta.device.virtio.console;
