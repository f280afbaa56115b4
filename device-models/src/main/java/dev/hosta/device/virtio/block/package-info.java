/**
 * The block device (virtio 1.2 §5.2).
 *
 * <p>Start at {@link dev.hosta.device.virtio.block.BlockDevice}. {@code BlockParser} makes requests
 * of descriptor chains, the device executes them on a {@link
 * dev.hosta.device.backend.BlockBackend}. Must not know transports or files.
 */
package dev.hosta.device.virtio.block;
