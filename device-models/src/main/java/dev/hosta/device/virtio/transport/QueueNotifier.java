package dev.hosta.device.virtio.transport;

/**
 * Takes a notification that came as a register write, and has the device's thread look into the
 * queue.
 *
 * <p>A machine that has the kernel take these writes (ioeventfd) sees it called only where that is
 * not in place. Threading: any vCPU's thread; must not block.
 */
@FunctionalInterface
public interface QueueNotifier {
    /** The driver notified a queue; the index is one that the device has. */
    void queueNotified(int index);
}
