package dev.hosta.device.virtio;

/**
 * What a device says to its driver; the transport makes interrupts of it.
 *
 * <p>Threading: any thread; never blocks.
 */
public interface DriverNotifier {
    /**
     * Buffers of a queue were used and the driver wants to know (virtio 1.2 §2.3).
     *
     * @param queueIndex which queue
     */
    void usedBuffers(int queueIndex);

    /** The configuration space changed (virtio 1.2 §2.3). */
    void configChanged();

    /**
     * The device met something it cannot recover from without a reset: DEVICE_NEEDS_RESET (virtio
     * 1.2 §2.1.2).
     *
     * @param reason what it met, for the log; carries no guest data
     */
    void needsReset(String reason);
}
