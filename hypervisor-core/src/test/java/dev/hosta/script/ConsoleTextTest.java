package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

@Timeout(60)
class ConsoleTextTest {
    private final ConsoleText text = new ConsoleText();
    private Optional<Thread> writer = Optional.empty();

    @AfterEach
    void end() throws InterruptedException {
        text.end();
        if (writer.isPresent()) {
            writer.get().join();
        }
    }

    private void write(byte... bytes) {
        for (byte b : bytes) {
            text.write(b & 0xff);
        }
    }

    private void write(String said) {
        write(said.getBytes(StandardCharsets.UTF_8));
    }

    private void inBackground(Runnable writing) {
        writer = Optional.of(new Thread(writing, "writer"));
        writer.get().start();
    }

    private Optional<String> await(String regex, long millis) throws InterruptedException {
        return text.await(Step.compile(regex), System.nanoTime() + millis * 1_000_000)
                .map(MatchResult::group);
    }

    @Test
    void looksForwardOnly() throws InterruptedException {
        write("login: root\r\nlogin: ");
        assertEquals(Optional.of("login: "), await("login: ", 1000));
        assertEquals(Optional.of("login: "), await("login: ", 1000));
        assertEquals(Optional.empty(), await("login: ", 100));
        write("login: ");
        assertEquals(Optional.of("login: "), await("login: ", 1000));
    }

    @Test
    void aLinesEndsAreItsEnds() throws InterruptedException {
        write("one two\r\nthree");
        assertEquals(Optional.of("two"), await("two$", 1000));
        assertEquals(Optional.of("three"), await("^three", 1000));
        assertEquals(Optional.empty(), await("^ree", 50));
    }

    @Test
    void aMatchThatMoreTextChangesWaitsForIt() throws InterruptedException {
        inBackground(() -> write("address 10.77.0.2"));
        assertEquals(Optional.of("address 10.77.0.2"), await("address \\S+", 10_000));
    }

    @Test
    void bytesThatAreNoTextAreNoObstacle() throws InterruptedException {
        write((byte) 0xff, (byte) 0xc3);
        write("ready Gr\u00fc\u00dfe");
        assertEquals(Optional.of("ready Gr\u00fc\u00dfe"), await("ready Gr\u00fc\u00dfe", 1000));
    }

    @Test
    void aFloodPassesWhollyBeforeTheEyes() throws InterruptedException {
        AtomicLong written = new AtomicLong();
        inBackground(
                () -> {
                    byte[] noise = "0123456789abcdef".repeat(64).getBytes(StandardCharsets.UTF_8);
                    for (int i = 0; i < 4000; i++) {
                        if (i == 2000) {
                            write("<needle>");
                        }
                        write(noise);
                        written.addAndGet(noise.length);
                    }
                    text.end();
                });
        assertEquals(Optional.of("<needle>"), await("<needle>", 30_000));
        assertTrue(written.get() >= 2000 * 1024);
        assertEquals(Optional.empty(), await("<needle>", 30_000), "the writer has ended");
    }

    @Test
    void nobodyIsHeldUpWhileNobodyLooks() throws InterruptedException {
        write("early ".repeat(50_000));
        write("late");
        assertEquals(Optional.of("late"), await("late", 1000));
        assertEquals("late", text.screen().substring(text.screen().length() - 4));
    }

    @Test
    void theEndEndsTheWait() throws InterruptedException {
        inBackground(
                () -> {
                    write("last words");
                    text.end();
                });
        long begin = System.nanoTime();
        assertEquals(Optional.empty(), await("never", 50_000));
        assertTrue(System.nanoTime() - begin < 20_000_000_000L);
        assertEquals(Optional.of("words"), await("words", 1000));
    }

    @Test
    void aRegexThatTakesForEverIsGivenUp() {
        write("a".repeat(60));
        assertThrows(StepException.class, () -> await("^(a|aa)+\\1b", 100));
    }

    @Test
    void theScreenIsPlain() {
        write("\u001b[2J\u001b[31mred\u001b[0m\r\n\u0007second\r\n\r\n");
        assertEquals("red\nsecond", text.screen());
        for (int i = 0; i < 100; i++) {
            write("line " + i + "\n");
        }
        assertEquals(24, text.screen().lines().count());
        assertFalse(text.screen().contains("line 75\n"));
        assertTrue(text.screen().startsWith("line 76\n"));
    }

    @Test
    void patternsAreRefusedWithTheirPlace() {
        StepException e = assertThrows(StepException.class, () -> Step.compile("a(b"));
        assertTrue(e.getMessage().contains("Unclosed group near index"), e.getMessage());
        assertEquals(Pattern.MULTILINE, Step.compile("ab").flags());
    }
}
