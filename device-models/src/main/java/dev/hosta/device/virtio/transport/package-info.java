/**
 * How virtio devices are attached: registers on one side, negotiation and queues on the other.
 *
 * <p>Start at {@link dev.hosta.device.virtio.transport.MmioTransport}. Must not know any device.
 */
package dev.hosta.device.virtio.transport;
