package dev.hosta.machine;

import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** The values of a machine's JSON file, read one by one; each error names line and column. */
final class SpecJson {
    private final Path file;
    private final SpecTokens json;

    SpecJson(Path file, SpecTokens json) {
        this.file = file;
        this.json = json;
    }

    /** Enters the file's one object. */
    void begin() throws IOException {
        if (json.next() != JsonToken.START_OBJECT) {
            throw wrong("it must hold one JSON object");
        }
    }

    /** Checks that nothing stands behind the file's one object. */
    void end() throws IOException {
        if (json.next() != null) {
            throw wrong("there is more behind the machine's object");
        }
    }

    /**
     * Moves to the value of the object's next key.
     *
     * @param known the keys that may stand here
     * @param seen the keys that stood here before; takes this one in
     * @return the key; empty at the object's end
     */
    String nextKey(List<String> known, Set<String> seen) throws IOException {
        if (json.next() != JsonToken.FIELD_NAME) {
            return "";
        }
        String key = json.name();
        if (!known.contains(key)) {
            throw wrong("unknown key '" + key + "'; known are " + String.join(", ", known));
        }
        if (!seen.add(key)) {
            throw wrong("the key '" + key + "' stands there twice");
        }
        json.next();
        return key;
    }

    /** Reads one element of a list; the parser stands at its first token. */
    @FunctionalInterface
    interface Element<T> {
        T read() throws IOException;
    }

    /** The elements of a list, in order. */
    <T> List<T> list(String key, Element<T> element) throws IOException {
        if (json.current() != JsonToken.START_ARRAY) {
            throw wrong("'" + key + "' must be a list");
        }
        List<T> elements = new ArrayList<>();
        while (json.next() != JsonToken.END_ARRAY) {
            elements.add(element.read());
        }
        return elements;
    }

    boolean isObject() {
        return json.current() == JsonToken.START_OBJECT;
    }

    boolean isString() {
        return json.current() == JsonToken.VALUE_STRING;
    }

    String string(String key) throws IOException {
        if (json.current() != JsonToken.VALUE_STRING) {
            throw wrong("'" + key + "' must be a string");
        }
        return json.text();
    }

    /** A string that means something to the reader, whose refusal gets its place in the file. */
    <T> T parsed(String key, Function<String, T> reader) throws IOException {
        String text = string(key);
        return checked(() -> reader.apply(text));
    }

    /** A value whose refusal gets its place in the file. */
    <T> T checked(Supplier<T> value) {
        try {
            return value.get();
        } catch (SpecException e) {
            throw new SpecException(file + place() + e.getMessage(), e);
        }
    }

    int integer(String key) throws IOException {
        if (!json.isInteger()) {
            throw wrong("'" + key + "' must be a whole number");
        }
        return json.integer();
    }

    boolean bool(String key) throws IOException {
        return switch (json.current()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> throw wrong("'" + key + "' must be true or false");
        };
    }

    SpecException wrong(String what) {
        return new SpecException("Cannot read " + file + place() + what + ".");
    }

    private String place() {
        return place(json.line(), json.column());
    }

    /** How a place in the file reads in a message. */
    static String place(int line, int column) {
        return ", line " + line + ", column " + column + ": ";
    }
}
