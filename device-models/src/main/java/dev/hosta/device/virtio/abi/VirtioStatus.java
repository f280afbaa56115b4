package dev.hosta.device.virtio.abi;

/** Bits of the device status field (virtio 1.2 §2.1). */
public final class VirtioStatus {
    /** The driver found the device. */
    public static final int ACKNOWLEDGE = 1;

    /** The driver knows how to drive it. */
    public static final int DRIVER = 2;

    /** The driver is set up. */
    public static final int DRIVER_OK = 4;

    /** Feature negotiation is done and the device took the subset. */
    public static final int FEATURES_OK = 8;

    /** Set by the device: it cannot go on without a reset. */
    public static final int DEVICE_NEEDS_RESET = 64;

    /** The driver gave up. */
    public static final int FAILED = 128;

    private VirtioStatus() {}
}
