package dev.hosta.device.virtio.queue;

/**
 * A driver broke a queue's rules. The device answers with DEVICE_NEEDS_RESET (virtio 1.2 §2.1.2)
 * and leaves the queues alone until it is reset.
 */
public final class QueueException extends RuntimeException {
    /** Says what was wrong, with the numbers. */
    public QueueException(String message) {
        super(message);
    }

    /** Says what was wrong, where an access to guest memory told it. */
    public QueueException(String message, Throwable cause) {
        super(message, cause);
    }
}
