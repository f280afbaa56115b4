package dev.hosta.boot;

import java.util.List;

/**
 * What the ACPI tables describe beyond the fixed PC.
 *
 * @param cpus virtual CPUs, 1..{@link #MAX_CPUS}; local APIC ids are 0..cpus-1
 * @param timerGsi where the PIT's IRQ 0 arrives: 2 (as on most PCs; KVM's routing must then take
 *     GSI 0 to I/O APIC pin 2) or 0 (KVM's own default routing)
 * @param i8042 whether kernels are told of a keyboard controller at ports 0x60 and 0x64; where they
 *     are told that there is none, Linux does not probe for it
 * @param virtioMmio virtio-mmio devices, in the order in which the guest numbers them
 */
public record AcpiBoard(int cpus, int timerGsi, boolean i8042, List<VirtioMmioDevice> virtioMmio) {
    /** Local APIC ids have 8 bits, and 0xff means all of them. */
    public static final int MAX_CPUS = 255;

    /** Most virtio-mmio devices: their names have two hex digits. */
    public static final int MAX_VIRTIO_MMIO = 256;

    /** Checks the numbers and copies the list. */
    public AcpiBoard {
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new IllegalArgumentException("CPUs must be 1..255: cpus=" + cpus);
        }
        if (timerGsi != 0 && timerGsi != 2) {
            throw new IllegalArgumentException("Timer must be at 0 or 2: timerGsi=" + timerGsi);
        }
        virtioMmio = List.copyOf(virtioMmio);
        if (virtioMmio.size() > MAX_VIRTIO_MMIO) {
            throw new IllegalArgumentException(
                    "Too many virtio-mmio devices: " + virtioMmio.size());
        }
    }

    /**
     * A board with an i8042.
     *
     * @param cpus virtual CPUs, 1..{@link #MAX_CPUS}
     * @param timerGsi where IRQ 0 arrives, 0 or 2
     * @param virtioMmio virtio-mmio devices
     */
    public AcpiBoard(int cpus, int timerGsi, List<VirtioMmioDevice> virtioMmio) {
        this(cpus, timerGsi, true, virtioMmio);
    }

    /**
     * A board without virtio devices, IRQ 0 at GSI 2, with an i8042.
     *
     * @param cpus virtual CPUs, 1..{@link #MAX_CPUS}
     * @return the board
     */
    public static AcpiBoard of(int cpus) {
        return new AcpiBoard(cpus, 2, true, List.of());
    }
}
