/**
 * A source of random bytes (virtio 1.2 §5.4).
 *
 * <p>Start at {@link dev.hosta.device.virtio.rng.RngDevice}. Must not know where the bytes come
 * from.
 */
package dev.hosta.device.virtio.rng;
