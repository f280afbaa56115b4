package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The reader of manifests beside Jackson's parser. */
class FlatJsonTest {
    private static final String WHOLE =
            " {\"a\" : [1, -2,\t9223372036854775807, -9223372036854775808, 0, -0],\r\n"
                + " \"\" : {},\"b\":[[],[{}],\"x\\\"\\\\\\/\\b\\f\\n"
                + "\\r"
                + "\\t\\u00e4\\ud83d\\ude00 \u00e4\u20ac\"],\"c\":true,\"d\":false,\"e\":null} ";

    /** All tokens with their values. */
    private static List<String> tokens(JsonInput json) throws IOException {
        List<String> tokens = new ArrayList<>();
        while (json.next() != null) {
            tokens.add(
                    switch (json.current()) {
                        case FIELD_NAME -> "name " + json.name();
                        case VALUE_STRING -> "text " + json.text();
                        case VALUE_NUMBER_INT -> "number " + json.number();
                        default -> json.current().name();
                    });
        }
        return tokens;
    }

    private static List<String> ours(byte[] bytes) throws IOException {
        return tokens(new FlatJson(bytes, bytes.length));
    }

    private static List<String> theirs(byte[] bytes) throws IOException {
        return tokens(JsonInput.of(new JsonFactory().createParser(bytes)));
    }

    @Test
    void readsWhatJacksonReads() throws IOException {
        byte[] bytes = WHOLE.getBytes(StandardCharsets.UTF_8);
        assertEquals(theirs(bytes), ours(bytes));
        byte[] body = ManifestMutationTest.body();
        byte[] manifest = (new String(body, StandardCharsets.UTF_8) + "}").getBytes();
        assertEquals(theirs(manifest), ours(manifest));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "[1,]",
                "[,1]",
                "{,}",
                "[1 2]",
                "1 2",
                "{\"a\" 1}",
                "{1:2}",
                "\"x",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\\",
                "tru",
                "nulL",
                "-",
                "+1",
                "01",
                "1.5",
                "1e3",
                "9223372036854775808",
                "-9223372036854775809",
                "}",
                "]",
                "[}",
                "{]",
                "\"\n\"",
                "'a'",
                "[1]]"
            })
    void refusesWhatIsNone(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThrows(InvalidStateException.class, () -> ours(bytes), text);
    }

    @Test
    void refusesWhatIsTooDeep() {
        byte[] bytes = "[".repeat(100).getBytes(StandardCharsets.UTF_8);
        assertThrows(InvalidStateException.class, () -> ours(bytes));
    }

    @Test
    void endsBeforeTheEndThatItIsGiven() throws IOException {
        FlatJson json = new FlatJson("[1]22".getBytes(StandardCharsets.UTF_8), 3);
        assertEquals(List.of("START_ARRAY", "number 1", "END_ARRAY"), tokens(json));
        assertEquals(null, json.current());
        FlatJson empty = new FlatJson(new byte[0], 0);
        assertThrows(InvalidStateException.class, empty::next);
        assertEquals(JsonToken.START_OBJECT, new FlatJson("{}".getBytes(), 2).next());
    }

    /** Whatever the bytes: the tokens of Jackson's parser, or a refusal. */
    @Test
    void neverReadsSomethingElseThanJackson() throws IOException {
        // Without bytes beyond ASCII: the two differ in what they do with half a character.
        byte[] whole = WHOLE.replaceAll("[^\\x00-\\x7f]", "").getBytes(StandardCharsets.UTF_8);
        SplittableRandom random = new SplittableRandom(7);
        byte[] signs = "{}[]:,\"\\0189-tfn u".getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = whole.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = signs[random.nextInt(signs.length)];
            }
            List<String> read;
            try {
                read = ours(bytes);
            } catch (InvalidStateException e) {
                continue;
            }
            assertEquals(theirs(bytes), read, () -> new String(bytes, StandardCharsets.UTF_8));
        }
    }
}
