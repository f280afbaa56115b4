package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.junit.AgentMode;
import dev.hosta.junit.Guest;
import dev.hosta.junit.GuestTest;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Commands in a Linux of which nothing is prepared:
 * {@code mvn verify -Dlinux.kernel=/boot/vmlinuz -Dlinux.initrd=initrd.cpio}, the latter with a shell.
 */
@EnabledIfSystemProperty(named = "linux.kernel", matches = ".+")
class LinuxTest {
    @GuestTest(
            kernel = "${linux.kernel}",
            initrd = "${linux.initrd}",
            append = "console=ttyS0 quiet",
            agent = AgentMode.AS_INIT,
            timeout = "60s")
    void runsCommands(Guest guest) {
        assertEquals("hello\n", guest.exec("echo hello").out());
        assertEquals(3, guest.exec("exit 3").status());
    }
}
