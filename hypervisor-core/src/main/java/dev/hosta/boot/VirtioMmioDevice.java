package dev.hosta.boot;

/**
 * A virtio-mmio window that the ACPI tables announce.
 *
 * @param gpa first byte of the register window, below 4 GiB
 * @param sizeBytes size of the window in bytes, 1 or more
 * @param gsi its interrupt, edge-triggered and active high; several devices may share it
 */
public record VirtioMmioDevice(long gpa, long sizeBytes, int gsi) {
    /** Refuses what a 32-bit resource descriptor cannot say. */
    public VirtioMmioDevice {
        if (gpa < 0 || sizeBytes <= 0 || gpa > PhysicalLayout.RAM_ABOVE_HOLE_GPA - sizeBytes) {
            throw new IllegalArgumentException(
                    "virtio-mmio window must lie below 4 GiB: gpa=0x"
                            + Long.toHexString(gpa)
                            + ", sizeBytes="
                            + sizeBytes);
        }
        if (gsi < 0) {
            throw new IllegalArgumentException("Interrupt must not be negative: gsi=" + gsi);
        }
    }
}
