package dev.hosta.machine;

import dev.hosta.boot.Initramfs;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the guest boots.
 *
 * @param kernel bzImage, ELF (vmlinux or PVH) or flat binary
 * @param initrd initial RAM disk, if any
 * @param commandLine handed to the kernel as it is; may be empty
 * @param flatGpa where a flat binary goes and starts; empty for images that say so themselves
 * @param virtioCmdline whether the command line also names the virtio devices, for kernels that do
 *     not read ACPI; one that heeds both would meet each device twice
 */
public record BootSpec(
        Path kernel,
        Optional<Path> initrd,
        String commandLine,
        OptionalLong flatGpa,
        boolean virtioCmdline) {
    /** A boot that leaves virtio devices to ACPI. */
    public BootSpec(Path kernel, Optional<Path> initrd, String commandLine, OptionalLong flatGpa) {
        this(kernel, initrd, commandLine, flatGpa, false);
    }

    /** The same boot with another initial RAM disk. */
    public BootSpec withInitrd(Path other) {
        return new BootSpec(kernel, Optional.of(other), commandLine, flatGpa, virtioCmdline);
    }

    /**
     * The same boot with Hosta's agent as the first process.
     *
     * @param initramfs has the agent at {@link Initramfs#AGENT_PATH}
     */
    public BootSpec withAgent(Path initramfs) {
        // What stands behind " -- " is the init's.
        int own = (commandLine + " ").indexOf(" -- ");
        String kernels = own < 0 ? commandLine : commandLine.substring(0, own);
        String rest = own < 0 ? "" : commandLine.substring(own);
        String line = (kernels + " rdinit=" + Initramfs.AGENT_PATH).strip() + rest;
        return new BootSpec(kernel, Optional.of(initramfs), line, flatGpa, virtioCmdline);
    }

    /**
     * Reads a guest physical address.
     *
     * @param text decimal, or hex behind {@code 0x}
     * @return the address in bytes, 0 to 2^63-1
     * @throws SpecException where it is none
     */
    public static long parseGpa(String text) {
        try {
            boolean hex = text.startsWith("0x") || text.startsWith("0X");
            long gpa = hex ? Long.parseLong(text, 2, text.length(), 16) : Long.parseLong(text);
            if (gpa >= 0 && text.charAt(0) != '+' && (!hex || text.charAt(2) != '+')) {
                return gpa;
            }
        } catch (NumberFormatException e) {
            throw new SpecException(notGpa(text), e);
        }
        throw new SpecException(notGpa(text));
    }

    private static String notGpa(String text) {
        return "An address is a number such as 0x100000: '" + text + "'.";
    }
}
