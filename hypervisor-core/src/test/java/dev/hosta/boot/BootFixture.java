package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** Opens and loads an image into fresh memory, as a machine does. */
final class BootFixture {
    static final long MIB = 1L << 20;

    final E820 e820;
    final FakeGuestMemory memory;
    Optional<Path> initrd = Optional.empty();
    OptionalLong flatGpa = OptionalLong.empty();
    String commandLine = "";

    BootFixture(long ramBytes) {
        e820 = E820.forRam(ramBytes);
        memory = FakeGuestMemory.usableOf(e820);
    }

    EntryState load(Path file) {
        try (KernelImage kernel = KernelImages.open(file, flatGpa)) {
            OptionalLong rsdp = OptionalLong.of(PhysicalLayout.RSDP_GPA);
            return BootLoader.load(memory, e820, kernel, initrd, commandLine, rsdp);
        }
    }

    /** Loads what must be refused, and checks that the one-line message says what it should. */
    void refused(Path file, String... parts) {
        String message = assertThrows(ImageException.class, () -> load(file)).getMessage();
        assertTrue(message.startsWith("Cannot "), message);
        assertTrue(message.endsWith("."), message);
        assertFalse(message.contains("\n"), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
