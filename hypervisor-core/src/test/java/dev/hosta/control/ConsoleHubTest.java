package dev.hosta.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.charset.StandardCharsets;

/** Who reads and who writes a console. */
@Timeout(30)
class ConsoleHubTest {
    private final StringBuilder typed = new StringBuilder();
    private final ConsoleHub hub =
            new ConsoleHub(
                    value -> {},
                    (bytes, offset, length) -> {
                        typed.append(
                                new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
                        return length;
                    });

    private void print(String text) {
        text.chars().forEach(hub::write);
    }

    private static String read(ConsoleHub.Reader reader) throws InterruptedException {
        byte[] bytes = new byte[1 << 17];
        int n = reader.read(bytes);
        return n < 0 ? "END" : new String(bytes, 0, n, StandardCharsets.ISO_8859_1);
    }

    @Test
    void aLateReaderSeesWhatWasThere() throws InterruptedException {
        print("before ");
        try (ConsoleHub.Reader reader = hub.attach(1)) {
            assertEquals("before ", read(reader));
            print("after");
            assertEquals("after", read(reader));
            hub.close(0);
            assertEquals("END", read(reader));
        }
    }

    @Test
    void onlyTheLastIsKeptFromALineOn() throws InterruptedException {
        print("x".repeat(ConsoleHub.KEPT_BYTES) + "tail of a line\nlast line");
        try (ConsoleHub.Reader reader = hub.attach(1)) {
            assertEquals("\nlast line", read(reader));
        }
    }

    @Test
    void aSlowReaderLosesBytesAndTheGuestNoTime() throws InterruptedException {
        try (ConsoleHub.Reader reader = hub.attach(1)) {
            print("a".repeat(ConsoleHub.KEPT_BYTES) + "b");
            String seen = read(reader);
            assertEquals(ConsoleHub.KEPT_BYTES, seen.length());
            assertTrue(seen.endsWith("ab"));
        }
    }

    @Test
    void oneWritesUntilItLeaves() throws InterruptedException {
        ConsoleHub.Reader first = hub.attach(1);
        ConsoleHub.Reader second = hub.attach(2);
        byte[] bytes = {'k'};
        assertEquals(1, second.give(bytes, 0, 1));
        assertEquals("", typed.toString());
        assertEquals(1, first.give(bytes, 0, 1));
        assertEquals("k", typed.toString());
        first.close();
        assertTrue(hub.writer().isEmpty());
        second.give(bytes, 0, 1);
        assertEquals("kk", typed.toString());
        assertEquals(2, hub.writer().orElseThrow());
        second.endInput();
        assertFalse(hub.writer().isPresent());
        assertEquals(1, hub.attached());
        second.close();
        assertEquals(0, hub.attached());
    }
}
