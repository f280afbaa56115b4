package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Puts a kernel, its initrd, its command line and the structures of its boot protocol into guest
 * memory.
 *
 * <p>Threading: no state; one call a guest memory at a time, before vCPUs run.
 */
public final class BootLoader {
    private BootLoader() {}

    /**
     * Loads a guest. Nothing outside the map's RAM is written; after a failure the memory's content
     * is undefined.
     *
     * @param memory guest memory with RAM wherever {@code e820} says so
     * @param e820 the memory map, told to the guest as it is
     * @param kernel what to boot; stays open
     * @param initrd initial RAM disk, if any
     * @param commandLine kernel command line, passed as it is; empty is none
     * @param rsdpGpa where {@link AcpiTables#write} put the RSDP, if there are ACPI tables
     * @return how the first vCPU starts
     * @throws ImageException if an image is damaged, does not fit, or cannot take what it is given
     */
    public static EntryState load(
            GuestMemory memory,
            E820 e820,
            KernelImage kernel,
            Optional<Path> initrd,
            String commandLine,
            OptionalLong rsdpGpa) {
        byte[] line = commandLine.getBytes(StandardCharsets.UTF_8);
        checkCommandLine(kernel, line);
        boolean tellsGuest = kernel.entryMode() != EntryMode.REAL_16;
        if (tellsGuest) {
            // One byte longer than the line: the terminating NUL.
            byte[] terminated = Arrays.copyOf(line, line.length + 1);
            memory.write(PhysicalLayout.COMMAND_LINE_GPA, MemorySegment.ofArray(terminated));
            Gdt.write(memory);
        } else if (initrd.isPresent()) {
            throw new ImageException(
                    "boot",
                    kernel.path(),
                    "a real-mode binary takes no initrd. Leave the initrd out");
        }
        if (initrd.isEmpty()) {
            return kernel.load(new BootContext(memory, e820, null, rsdpGpa.orElse(0)));
        }
        try (ImageFile file = ImageFile.open(initrd.get(), "initrd")) {
            return kernel.load(new BootContext(memory, e820, file, rsdpGpa.orElse(0)));
        }
    }

    private static void checkCommandLine(KernelImage kernel, byte[] line) {
        int max = kernel.commandLineMaxBytes();
        if (line.length > max) {
            throw new ImageException(
                    "boot",
                    kernel.path(),
                    max == 0
                            ? "this image takes no command line. Leave it out"
                            : "the command line has "
                                    + line.length
                                    + " bytes, this image takes at most "
                                    + max
                                    + ". Shorten it");
        }
        for (byte b : line) {
            if (b == 0) {
                throw new ImageException(
                        "boot", kernel.path(), "the command line contains a NUL character");
            }
        }
    }

    /** Usable RAM for an error message. */
    static long mebibytes(E820 e820) {
        return e820.ramBytes() + (1 << 20) - 1 >> 20;
    }

    /** A refusal because the kernel's range is not RAM. */
    static ImageException outsideRam(ImageFile file, E820 e820, String part, Extent extent) {
        String where = "its " + part + " at " + extent.hex();
        if (extent.gpa() < PhysicalLayout.LOW_STRUCTURES_END_GPA) {
            return file.invalid(
                    where
                            + " overlaps the boot structures below 0x"
                            + Long.toHexString(PhysicalLayout.LOW_STRUCTURES_END_GPA)
                            + ". Link it at 0x100000 or above");
        }
        if (extent.gpa() < PhysicalLayout.HIGH_MEMORY_GPA) {
            return file.invalid(
                    where
                            + " reaches into the reserved range [0x9fc00, 0x100000)."
                            + " Link it at 0x100000 or above");
        }
        if (extent.endGpa() > PhysicalLayout.LOW_RAM_END_GPA) {
            return file.invalid(
                    where + " reaches above 0xc0000000, where RAM below 4 GiB ends at most");
        }
        return file.invalid(
                where
                        + " lies outside the guest's "
                        + mebibytes(e820)
                        + " MiB of memory. Give the guest at least "
                        + (extent.endGpa() + (1 << 20) - 1 >> 20)
                        + " MiB");
    }
}
