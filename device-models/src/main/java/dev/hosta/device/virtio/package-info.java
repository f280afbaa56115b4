/**
 * Virtio devices (virtio 1.2, modern only), without a word on how they are attached.
 *
 * <p>Start at {@link dev.hosta.device.virtio.VirtioDevice}: what a transport asks of a device. A
 * transport ({@code transport}) turns registers into {@link dev.hosta.device.virtio.Negotiation}
 * and queues ({@code queue}); a device sees neither registers nor interrupts. {@code abi} holds the
 * specification's numbers.
 */
package dev.hosta.device.virtio;
