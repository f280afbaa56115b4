package dev.hosta.device.virtio.abi;

/** Feature bits that belong to no device (virtio 1.2 §6), as masks. */
public final class VirtioFeatures {
    /** Descriptors may refer to a table of descriptors. */
    public static final long INDIRECT_DESC = 1L << 28;

    /** Both sides say at which index they want to be told. */
    public static final long EVENT_IDX = 1L << 29;

    /** A modern device; without it there is none. */
    public static final long VERSION_1 = 1L << 32;

    /** Bits 24..40, which are those of rings and transports; devices use the others. */
    public static final long RESERVED = 0x1ff_ff00_0000L;

    private VirtioFeatures() {}
}
