package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads JSON that stands in memory as a whole (RFC 8259), token by token, without fractions. It
 * stands beside Jackson's parser because the first use of that costs a resume more than all else
 * that is read.
 *
 * <p>Threading: one thread.
 */
final class FlatJson implements JsonInput {
    private static final int DEEPEST = 64;

    private final byte[] bytes;
    private final int end;
    private final boolean[] inObject = new boolean[DEEPEST];
    private final boolean[] begun = new boolean[DEEPEST];
    private int at;
    private int depth;
    private JsonToken current;
    private boolean over;
    private String name = "";
    private String text = "";
    private long number;

    /** Of the first {@code length} bytes. */
    FlatJson(byte[] bytes, int length) {
        this.bytes = bytes;
        this.end = length;
    }

    @Override
    public JsonToken current() {
        return current;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public JsonToken next() {
        int c = peek();
        if (depth == 0) {
            if (over) {
                if (c >= 0) {
                    throw wrong("there is more behind it");
                }
                current = null;
                return null;
            }
            over = true;
            return value(c);
        }
        boolean object = inObject[depth - 1];
        if (object && current == JsonToken.FIELD_NAME) {
            return value(c);
        }
        if (c == (object ? '}' : ']')) {
            at++;
            depth--;
            current = object ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
            return current;
        }
        if (begun[depth - 1]) {
            require(',');
            c = peek();
        }
        begun[depth - 1] = true;
        return object ? fieldName(c) : value(c);
    }

    private JsonToken fieldName(int c) {
        if (c != '"') {
            throw wrong("a name is missing");
        }
        name = string();
        peek();
        require(':');
        current = JsonToken.FIELD_NAME;
        return current;
    }

    private JsonToken value(int c) {
        current =
                switch (c) {
                    case '{' -> open(true);
                    case '[' -> open(false);
                    case '"' -> {
                        text = string();
                        yield JsonToken.VALUE_STRING;
                    }
                    case 't' -> word("true", JsonToken.VALUE_TRUE);
                    case 'f' -> word("false", JsonToken.VALUE_FALSE);
                    case 'n' -> word("null", JsonToken.VALUE_NULL);
                    default -> wholeNumber();
                };
        return current;
    }

    private JsonToken open(boolean object) {
        if (depth == DEEPEST) {
            throw wrong("it is nested too deep");
        }
        at++;
        inObject[depth] = object;
        begun[depth++] = false;
        return object ? JsonToken.START_OBJECT : JsonToken.START_ARRAY;
    }

    private JsonToken word(String word, JsonToken token) {
        for (int i = 0; i < word.length(); i++) {
            require(word.charAt(i));
        }
        return token;
    }

    private JsonToken wholeNumber() {
        int start = at;
        boolean negative = at < end && bytes[at] == '-';
        if (negative) {
            at++;
        }
        int digits = at;
        long value = 0; // negative, as that range is the larger one
        for (; at < end && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
            int digit = bytes[at] - '0';
            if (value < Long.MIN_VALUE / 10 || value * 10 < Long.MIN_VALUE + digit) {
                throw wrong("a number is too large");
            }
            value = value * 10 - digit;
        }
        boolean tooLarge = !negative && value == Long.MIN_VALUE;
        boolean leadingZero = at > digits + 1 && bytes[digits] == '0';
        if (at == digits || tooLarge || leadingZero || at < end && isFraction(bytes[at])) {
            at = start;
            throw wrong("a value is missing, or no whole number of 64 bits");
        }
        number = negative ? value : -value;
        return JsonToken.VALUE_NUMBER_INT;
    }

    private static boolean isFraction(byte c) {
        return c == '.' || c == 'e' || c == 'E';
    }

    /** A string, from its first quote to behind its last. */
    private String string() {
        int from = ++at;
        int all = 0;
        while (at < end && bytes[at] != '"' && bytes[at] != '\\') {
            if ((bytes[at] & 0xe0) == 0) {
                throw wrong("a control character in a string");
            }
            all |= bytes[at++];
        }
        if (at < end && bytes[at] == '\\') {
            return escapedString(from);
        }
        String string =
                new String(
                        bytes,
                        from,
                        at - from,
                        all < 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        require('"');
        return string;
    }

    private String escapedString(int from) {
        ByteArrayOutputStream run = new ByteArrayOutputStream();
        StringBuilder string = new StringBuilder();
        run.write(bytes, from, at - from);
        while (at < end && bytes[at] != '"') {
            if ((bytes[at] & 0xe0) == 0) {
                throw wrong("a control character in a string");
            }
            if (bytes[at] != '\\') {
                run.write(bytes[at++]);
                continue;
            }
            at++;
            string.append(run.toString(StandardCharsets.UTF_8)).append(escaped());
            run.reset();
        }
        require('"');
        return string.append(run.toString(StandardCharsets.UTF_8)).toString();
    }

    private char escaped() {
        if (at == end) {
            throw wrong("it ends in a string");
        }
        return switch (bytes[at++]) {
            case '"' -> '"';
            case '\\' -> '\\';
            case '/' -> '/';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hex();
            default -> throw wrong("an escape that is none");
        };
    }

    private char hex() {
        int value = 0;
        for (int i = 0; i < 4; i++, at++) {
            int digit = at < end ? Character.digit(bytes[at], 16) : -1;
            if (digit < 0) {
                throw wrong("an escape that is none");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    /** The next byte that is no white space; -1 at the end. */
    private int peek() {
        while (at < end) {
            byte c = bytes[at];
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return c & 0xff;
            }
            at++;
        }
        return -1;
    }

    private void require(char wanted) {
        if (at >= end || bytes[at] != wanted) {
            throw wrong("'" + wanted + "' is missing");
        }
        at++;
    }

    private InvalidStateException wrong(String why) {
        return new InvalidStateException("It is no JSON, at byte " + at + ": " + why);
    }
}
