package dev.hosta.device.virtio.abi;

/** The entropy device (virtio 1.2 §5.4); it has neither features nor a configuration. */
public final class VirtioEntropy {
    /** The one queue: buffers to fill. */
    public static final int REQUEST_QUEUE = 0;

    private VirtioEntropy() {}
}
