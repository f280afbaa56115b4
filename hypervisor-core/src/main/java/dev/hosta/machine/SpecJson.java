package dev.hosta.machine;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
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
    private final JsonParser json;

    SpecJson(Path file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    /** Enters the file's one object. */
    void begin() throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw wrong("it must hold one JSON object");
        }
    }

    /** Checks that nothing stands behind the file's one object. */
    void end() throws IOException {
        if (json.nextToken() != null) {
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
        if (json.nextToken() != JsonToken.FIELD_NAME) {
            return "";
        }
        String key = json.currentName();
        if (!known.contains(key)) {
            throw wrong("unknown key '" + key + "'; known are " + String.join(", ", known));
        }
        if (!seen.add(key)) {
            throw wrong("the key '" + key + "' stands there twice");
        }
        json.nextToken();
        return key;
    }

    /** Reads one element of a list; the parser stands at its first token. */
    @FunctionalInterface
    interface Element<T> {
        T read() throws IOException;
    }

    /** The elements of a list, in order. */
    <T> List<T> list(String key, Element<T> element) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw wrong("'" + key + "' must be a list");
        }
        List<T> elements = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            elements.add(element.read());
        }
        return elements;
    }

    boolean isObject() {
        return json.currentToken() == JsonToken.START_OBJECT;
    }

    boolean isString() {
        return json.currentToken() == JsonToken.VALUE_STRING;
    }

    String string(String key) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw wrong("'" + key + "' must be a string");
        }
        return json.getText();
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
            throw new SpecException(file + place(json.currentTokenLocation()) + e.getMessage(), e);
        }
    }

    int integer(String key) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                || json.getNumberType() != JsonParser.NumberType.INT) {
            throw wrong("'" + key + "' must be a whole number");
        }
        return json.getIntValue();
    }

    boolean bool(String key) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> throw wrong("'" + key + "' must be true or false");
        };
    }

    SpecException wrong(String what) {
        return new SpecException(
                "Cannot read " + file + place(json.currentTokenLocation()) + what + ".");
    }

    /** How a place in the file reads in a message. */
    static String place(JsonLocation at) {
        return ", line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
    }
}
