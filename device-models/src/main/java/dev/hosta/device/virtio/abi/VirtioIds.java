package dev.hosta.device.virtio.abi;

/** Device types (virtio 1.2 §5). */
public final class VirtioIds {
    /** Network device (§5.1). */
    public static final int NET = 1;

    /** Block device (§5.2). */
    public static final int BLOCK = 2;

    /** Console device (§5.3). */
    public static final int CONSOLE = 3;

    /** Entropy device (§5.4). */
    public static final int ENTROPY = 4;

    private VirtioIds() {}
}
