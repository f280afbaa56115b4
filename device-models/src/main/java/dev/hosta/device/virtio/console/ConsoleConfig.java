package dev.hosta.device.virtio.console;

import dev.hosta.device.virtio.abi.VirtioConsole;

/**
 * What the device offers: features and configuration space (virtio 1.2 §5.3.3, §5.3.4). Nothing in
 * it is writable; the console's size changes.
 *
 * <p>Threading: the size is set by the device's thread; all else on any thread.
 */
final class ConsoleConfig {
    /** Size of every queue. */
    static final int QUEUE_SIZE = 64;

    private final long features;
    private final int portCount;

    /** Columns in the low 16 bits, rows above. */
    private volatile int size;

    /**
     * The configuration of one device.
     *
     * @param hasConsole whether port 0 is there, a console
     * @param portCount ids that ports may have, 1 or more; with one there is nothing to control
     */
    ConsoleConfig(boolean hasConsole, int portCount) {
        this.features =
                (hasConsole ? VirtioConsole.F_SIZE : 0)
                        | (portCount > 1 ? VirtioConsole.F_MULTIPORT : 0);
        this.portCount = portCount;
    }

    long features() {
        return features;
    }

    /** Two queues a port, and two for control where there is more than one port. */
    int queueCount() {
        return portCount == 1 ? 2 : 2 * portCount + 2;
    }

    void size(int columns, int rows) {
        size = columns & 0xffff | rows << 16;
    }

    int columns() {
        return size & 0xffff;
    }

    int rows() {
        return size >>> 16;
    }

    /** Bytes past the end read 0; so does the register for emergency writes, not offered. */
    long read(int offset, int widthBytes) {
        long all = size & 0xffff_ffffL | (long) portCount << 32;
        long value = 0;
        for (int i = 0; i < widthBytes; i++) {
            int at = offset + i;
            if (at < VirtioConsole.CONFIG_MAX_NR_PORTS + 4) {
                value |= (all >>> (8 * at) & 0xff) << (8 * i);
            }
        }
        return value;
    }
}
