/**
 * Virtqueues, written once for every device (virtio 1.2 §2.6, §2.7).
 *
 * <p>Start at {@link dev.hosta.device.virtio.queue.SplitQueue}. Everything in a ring is the guest's
 * and hostile: it is read once, bounded, and refused with {@link
 * dev.hosta.device.virtio.queue.QueueException}. Must not know devices or transports.
 */
package dev.hosta.device.virtio.queue;
