package dev.hosta.boot;

import java.util.ArrayList;
import java.util.List;

/**
 * A virtio-mmio window, as the guest is told of it: by the ACPI tables, and on request by the
 * command line.
 *
 * @param gpa first byte of the register window, below 4 GiB
 * @param sizeBytes size of the window in bytes, 1 or more
 * @param gsi its interrupt, edge-triggered and active high; several devices may share it
 */
public record VirtioMmioDevice(long gpa, long sizeBytes, int gsi) {
    /** What stands on a kernel's command line between its own words and those for init. */
    private static final String INIT_ARGUMENTS = "--";

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

    /**
     * Adds devices to a kernel's command line, in order, in the form of Linux's virtio_mmio module
     * (drivers/virtio/virtio_mmio.c): {@code virtio_mmio.device=512@0xd0000000:16}.
     *
     * @param commandLine they come behind it, but before a word {@code --}
     * @param devices may be none
     */
    public static String announce(String commandLine, List<VirtioMmioDevice> devices) {
        List<String> words = new ArrayList<>(List.of(commandLine.split(" ", -1)));
        if (commandLine.isEmpty()) {
            words.clear();
        }
        int end = words.indexOf(INIT_ARGUMENTS);
        List<String> added = devices.stream().map(VirtioMmioDevice::parameter).toList();
        words.addAll(end < 0 ? words.size() : end, added);
        return String.join(" ", words);
    }

    private String parameter() {
        return "virtio_mmio.device=" + sizeBytes + "@0x" + Long.toHexString(gpa) + ":" + gsi;
    }
}
