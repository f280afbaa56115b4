package dev.hosta.machine;

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
 */
public record BootSpec(
        Path kernel, Optional<Path> initrd, String commandLine, OptionalLong flatGpa) {}
