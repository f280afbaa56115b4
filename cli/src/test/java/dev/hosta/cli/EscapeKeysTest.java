package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.cli.EscapeKeys.Wish;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;

class EscapeKeysTest {
    private final EscapeKeys keys = new EscapeKeys();

    private String typed(Wish expected, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(expected, keys.filter(bytes, bytes.length));
        return new String(bytes, 0, keys.kept(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void leavesOtherKeysAlone() {
        assertEquals("ls x?\r\u0003\u00ff", typed(Wish.NONE, "ls x?\r\u0003\u00ff"));
    }

    @Test
    void knowsItsOwn() {
        assertEquals("ab", typed(Wish.STOP, "ab\u001dx"));
        assertEquals("", typed(Wish.HELP, "\u001d?"));
        assertEquals("", typed(Wish.HELP, "\u001dq"));
        assertEquals("a\u001db", typed(Wish.NONE, "a\u001d\u001db"));
    }

    @Test
    void putsKeysTogetherThatComeApart() {
        assertEquals("a", typed(Wish.NONE, "a\u001d"));
        assertEquals("", typed(Wish.STOP, "x"));
        assertEquals("x", typed(Wish.NONE, "x"));
    }
}
