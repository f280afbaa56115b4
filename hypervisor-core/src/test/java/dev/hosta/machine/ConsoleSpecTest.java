package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What a file and texts say of consoles, ports and random bytes. */
class ConsoleSpecTest {
    @TempDir Path folder;

    private MachineSpec read(String keys) throws IOException {
        Path file = folder.resolve("vm.json");
        Files.writeString(file, "{\"kernel\": \"k\", " + keys + "}");
        return SpecReader.read(file, "vm-1");
    }

    @Test
    void aFileNamesThem() throws IOException {
        MachineSpec spec =
                read(
                        """
                        "hvc": "socket:hvc.sock", "rng": "64K",
                        "ports": [{"name": "log", "to": "file:/var/log/guest"}]\
                        """);
        assertEquals(
                new ConsoleSpec(
                        Optional.of(new PortTarget.Socket(folder.resolve("hvc.sock"))),
                        List.of(
                                new PortSpec(
                                        "log", new PortTarget.ToFile(Path.of("/var/log/guest"))))),
                spec.consoles());
        assertEquals(OptionalLong.of(65536), spec.rng().orElseThrow().bytesPerSecond());
        assertEquals(Optional.of(RngSpec.unlimited()), read("\"rng\": true").rng());
        assertEquals(Optional.empty(), read("\"rng\": false").rng());
        assertTrue(read("\"hvc\": \"none\"").consoles().isEmpty());
        assertTrue(read("\"hvc\": \"stdio\"").consoles().isOnStdio());
    }

    @Test
    void whatIsWrongIsNamed() {
        assertSays("A virtio console is", "\"hvc\": \"tty\"");
        assertSays("A port goes to", "\"hvc\": \"file:\"");
        assertSays("'name' or 'to' is missing", "\"ports\": [{\"name\": \"a\"}]");
        assertSays("must be an object", "\"ports\": [\"a=file:b\"]");
        assertSays("A port goes to", "\"ports\": [{\"name\": \"a\", \"to\": \"stdio\"}]");
        assertSays("A port's name is", "\"ports\": [{\"name\": \"a b\", \"to\": \"file:x\"}]");
        String port = "{\"name\": \"a\", \"to\": \"file:x\"}";
        assertSays("same name", "\"ports\": [" + port + ", " + port + "]");
        assertSays(
                "same place", "\"ports\": [" + port + ", {\"name\": \"b\", \"to\": \"file:x\"}]");
        assertSays("A size is", "\"rng\": \"fast\"");
        assertSays("1 a second or more", "\"rng\": \"0K\"");
        assertSays("true or false", "\"rng\": 5");
    }

    private void assertSays(String what, String keys) {
        String message = assertThrows(SpecException.class, () -> read(keys)).getMessage();
        assertTrue(message.contains(what), message);
    }
}
