/**
 * The network device (virtio 1.2 §5.1).
 *
 * <p>Start at {@link dev.hosta.device.virtio.net.NetDevice}. {@code NetReceiver} and {@code
 * NetSender} carry frames between queues and a {@link dev.hosta.device.backend.NetBackend}, {@code
 * NetControl} makes commands of control chains, {@code NetFilter} knows which frames are for the
 * guest, {@code NetHeader} what a guest may ask for a frame. Must not know transports, taps or
 * sockets.
 */
package dev.hosta.device.virtio.net;
