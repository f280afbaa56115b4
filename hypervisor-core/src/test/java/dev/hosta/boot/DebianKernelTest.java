package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** The stock kernel that the lane boots, where its package was unpacked. */
class DebianKernelTest {
    @Test
    void aStockBzImageIsUnderstoodAndLoaded() throws IOException {
        Optional<Path> found = kernel();
        if (found.isEmpty()) {
            System.out.println("Skipped: no Debian cloud kernel in the lane's cache");
        }
        assumeTrue(found.isPresent(), "no Debian cloud kernel in the lane's cache");
        BootFixture boot = new BootFixture(256 * BootFixture.MIB);
        boot.commandLine = "console=ttyS0";
        boot.initrd = found;
        EntryState entry = boot.load(found.get());
        assertEquals(0x100_0200, entry.rip());
        // startup_64 begins with cld; cli.
        assertEquals(0xfafc, boot.memory.loadU16(entry.rip()));
        long initrd = boot.memory.loadU32(entry.rsi() + 0x218);
        assertEquals(Files.size(found.get()), boot.memory.loadU32(entry.rsi() + 0x21c));
        assertEquals(0x5372_6448, boot.memory.loadU32(initrd + 0x202), "the initrd's content");
        try (KernelImage image = KernelImages.open(found.get(), OptionalLong.empty())) {
            assertInstanceOf(BzImage.class, image);
            assertEquals(2047, image.commandLineMaxBytes());
        }
        new BootFixture(32 * BootFixture.MIB).refused(found.get(), "Give the guest at least");
        assertTrue(initrd > 0x100_0000);
    }

    private static Optional<Path> kernel() throws IOException {
        String cache = System.getenv("LANE_CACHE");
        Path root =
                cache == null
                        ? Path.of(System.getProperty("user.home"), ".cache", "hosta-lane")
                        : Path.of(cache);
        Path boot = root.resolve("k-cloud").resolve("boot");
        if (!Files.isDirectory(boot)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(boot, "vmlinuz-*")) {
            for (Path file : files) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }
}
