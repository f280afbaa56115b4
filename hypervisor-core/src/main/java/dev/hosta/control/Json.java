package dev.hosta.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON to and from plain values: {@code Map}, {@code List}, {@code String}, {@code Long}, {@code
 * Double}, {@code Boolean}, and {@link Optional} for what may be null.
 *
 * <p>Read by Jackson's streams alone: its binding to objects costs a process's first use a third of
 * a second. Written without it, for every run writes a file as its guest starts.
 */
public final class Json {
    private static final int DEEPEST = 32;
    private static final String HEX = "0123456789ABCDEF";

    private Json() {}

    /**
     * Reads one value.
     *
     * @return the value; JSON's null is an empty {@link Optional}
     * @throws IllegalArgumentException for what is no JSON, a key given twice, or a nesting past
     *     {@value #DEEPEST}; the message is one line
     */
    public static Object read(String text) {
        try (JsonParser json = new JsonFactory().createParser(text)) {
            json.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            json.nextToken();
            Object value = value(json, 0);
            if (json.nextToken() != null) {
                throw new IllegalArgumentException("There is more behind the JSON value.");
            }
            return value;
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("no JSON");
            throw new IllegalArgumentException("This is no JSON: " + what + ".", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object value(JsonParser json, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("JSON nested this deep is not read.");
        }
        return switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String key = json.currentName();
                    json.nextToken();
                    map.put(key, value(json, depth + 1));
                }
                yield map;
            }
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(json, depth + 1));
                }
                yield list;
            }
            case VALUE_STRING -> json.getText();
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> Optional.empty();
            case null, default -> throw new IllegalArgumentException("There is no JSON value.");
        };
    }

    /** Writes a value on one line. */
    public static String write(Object value) {
        return write(value, false);
    }

    /** Writes a value over many lines, for people. */
    public static String writePretty(Object value) {
        return write(value, true);
    }

    private static String write(Object value, boolean pretty) {
        StringBuilder text = new StringBuilder();
        put(text, value, pretty ? "\n" : "");
        return text.toString();
    }

    /** Puts a value; {@code newLine} is a line's end and indentation, empty for one line. */
    private static void put(StringBuilder to, Object value, String newLine) {
        switch (value) {
            case Map<?, ?> map -> {
                String inner = newLine.isEmpty() ? "" : newLine + "  ";
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    to.append(separator).append(inner);
                    putText(to, entry.getKey().toString());
                    to.append(inner.isEmpty() ? ":" : " : ");
                    put(to, entry.getValue(), inner);
                    separator = ",";
                }
                to.append(map.isEmpty() ? "{" : newLine).append('}');
            }
            case List<?> list -> {
                String separator = "[";
                for (Object element : list) {
                    to.append(separator).append(newLine.isEmpty() ? "" : " ");
                    put(to, element, newLine);
                    separator = ",";
                }
                to.append(list.isEmpty() ? "[" : newLine.isEmpty() ? "" : " ").append(']');
            }
            case Optional<?> optional -> {
                if (optional.isPresent()) {
                    put(to, optional.get(), newLine);
                } else {
                    to.append("null");
                }
            }
            case Long number -> to.append(number.longValue());
            case Integer number -> to.append(number.intValue());
            case Double number when Double.isFinite(number) -> to.append(number.doubleValue());
            case Boolean bool -> to.append(bool.booleanValue());
            default -> putText(to, value.toString());
        }
    }

    private static void putText(StringBuilder to, String text) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> to.append('\\').append(c);
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                default -> {
                    if (c < ' ') {
                        to.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
                    } else {
                        to.append(c);
                    }
                }
            }
        }
        to.append('"');
    }
}
