package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** Opens and loads any bytes as a kernel: what must hold, whatever they are. */
final class HostileImages {
    private final Path directory;
    private final Path initrd;

    HostileImages(Path directory) {
        this.directory = directory;
        this.initrd = TestImages.write(directory, "initrd", new byte[5000]);
    }

    /**
     * Tries one image. {@link FakeGuestMemory} throws when anything but usable RAM is touched.
     *
     * @return whether it could be loaded
     */
    boolean attempt(byte[] content, OptionalLong flatGpa, long ramBytes, boolean withInitrd) {
        Path file = TestImages.write(directory, "image", content);
        BootFixture boot = new BootFixture(ramBytes);
        boot.flatGpa = flatGpa;
        boot.initrd = withInitrd ? Optional.of(initrd) : Optional.empty();
        try {
            EntryState entry = boot.load(file);
            long gpa = entry.cs().base() + entry.rip();
            assertTrue(boot.e820.isRam(gpa, 1), () -> "entry at 0x" + Long.toHexString(gpa));
            return true;
        } catch (ImageException refused) {
            assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
            return false;
        }
    }
}
