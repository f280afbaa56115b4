package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;

import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Records as JSON objects, each component under its name and in its order, and nothing else.
 *
 * <p>Components are {@code boolean}, {@code int}, {@code long}, strings, enums, paths (written
 * absolute), {@link StateBytes} (base64), records, sealed interfaces of records (with the record's
 * name as first key {@code is}), and {@link List}, {@link Optional} and {@link OptionalLong} of
 * them. What does not fit, and what a record's own constructor refuses, is an {@link
 * InvalidStateException}.
 *
 * <p>Written with the reflection of records instead of a mapper, which costs a resume more than all
 * of the rest of it.
 *
 * <p>Threading: no state.
 */
public final class RecordCodec {
    private static final String KIND_OF_SEALED = "is";

    private RecordCodec() {}

    /** Writes a record as one object. */
    public static void write(JsonGenerator json, Record value) throws IOException {
        json.writeStartObject();
        writeComponents(json, value);
        json.writeEndObject();
    }

    private static void writeComponents(JsonGenerator json, Record value) throws IOException {
        RecordShape shape = RecordShape.of(value.getClass());
        for (int i = 0; i < shape.names().length; i++) {
            json.writeFieldName(shape.names()[i]);
            writeValue(json, shape.types()[i], shape.component(i, value));
        }
    }

    private static void writeValue(JsonGenerator json, Type type, Object value) throws IOException {
        switch (value) {
            case Boolean b -> json.writeBoolean(b);
            case Integer i -> json.writeNumber(i);
            case Long l -> json.writeNumber(l);
            case String s -> json.writeString(s);
            case Enum<?> e -> json.writeString(e.name());
            case Path p -> json.writeString(p.toAbsolutePath().normalize().toString());
            case StateBytes b -> json.writeString(Base64.getEncoder().encodeToString(b.toArray()));
            case OptionalLong o -> {
                if (o.isPresent()) {
                    json.writeNumber(o.getAsLong());
                } else {
                    json.writeNull();
                }
            }
            case Optional<?> o -> {
                if (o.isPresent()) {
                    writeValue(json, RecordShape.argument(type), o.get());
                } else {
                    json.writeNull();
                }
            }
            case List<?> list -> {
                json.writeStartArray();
                for (Object element : list) {
                    writeValue(json, RecordShape.argument(type), element);
                }
                json.writeEndArray();
            }
            case Record r -> {
                json.writeStartObject();
                if (isSealed(type)) {
                    json.writeStringField(KIND_OF_SEALED, r.getClass().getSimpleName());
                }
                writeComponents(json, r);
                json.writeEndObject();
            }
            default -> throw new IllegalStateException("Cannot write a " + type.getTypeName());
        }
    }

    /**
     * Reads a record; the parser stands at the object's start, and afterwards at its end.
     *
     * @throws InvalidStateException where it is no such record
     */
    public static <T extends Record> T read(JsonParser json, Class<T> type) throws IOException {
        return read(JsonInput.of(json), type);
    }

    /** As the other. */
    public static <T extends Record> T read(JsonInput json, Class<T> type) throws IOException {
        require(json, JsonToken.START_OBJECT, type.getSimpleName());
        return type.cast(readComponents(json, type));
    }

    private static Object readComponents(JsonInput json, Class<?> type) throws IOException {
        RecordShape shape = RecordShape.of(type);
        Object[] values = new Object[shape.names().length];
        for (int i = 0; i < values.length; i++) {
            String name = shape.names()[i];
            readKey(json, name, type);
            values[i] = readValue(json, shape.types()[i], name);
        }
        if (json.next() != JsonToken.END_OBJECT) {
            throw new InvalidStateException(
                    type.getSimpleName() + " has too many values: " + json.name());
        }
        return shape.construct(values);
    }

    private static void readKey(JsonInput json, String name, Class<?> type) throws IOException {
        if (json.next() != JsonToken.FIELD_NAME || !json.name().equals(name)) {
            throw new InvalidStateException(type.getSimpleName() + " has no " + name);
        }
        json.next();
    }

    private static Object readValue(JsonInput json, Type type, String name) throws IOException {
        Class<?> raw = RecordShape.raw(type);
        if (raw == Optional.class) {
            return isNull(json)
                    ? Optional.empty()
                    : Optional.of(readValue(json, RecordShape.argument(type), name));
        }
        if (raw == OptionalLong.class) {
            return isNull(json)
                    ? OptionalLong.empty()
                    : OptionalLong.of((long) readValue(json, long.class, name));
        }
        if (raw == List.class) {
            require(json, JsonToken.START_ARRAY, name);
            List<Object> list = new ArrayList<>();
            while (json.next() != JsonToken.END_ARRAY) {
                list.add(readValue(json, RecordShape.argument(type), name));
            }
            return List.copyOf(list);
        }
        if (raw.isRecord() || raw.isSealed()) {
            require(json, JsonToken.START_OBJECT, name);
            return readComponents(json, raw.isRecord() ? raw : readKind(json, raw));
        }
        return readScalar(json, raw, name);
    }

    private static Class<?> readKind(JsonInput json, Class<?> sealed) throws IOException {
        readKey(json, KIND_OF_SEALED, sealed);
        String kind = text(json, KIND_OF_SEALED);
        return RecordShape.ofKind(sealed, kind);
    }

    private static Object readScalar(JsonInput json, Class<?> type, String name)
            throws IOException {
        if (type == boolean.class || type == Boolean.class) {
            if (json.current() != JsonToken.VALUE_TRUE) {
                require(json, JsonToken.VALUE_FALSE, name);
            }
            return json.current() == JsonToken.VALUE_TRUE;
        }
        if (type == int.class || type == Integer.class) {
            require(json, JsonToken.VALUE_NUMBER_INT, name);
            long number = json.number();
            if (number != (int) number) {
                throw new InvalidStateException(name + " is out of range: " + number);
            }
            return (int) number;
        }
        if (type == long.class || type == Long.class) {
            require(json, JsonToken.VALUE_NUMBER_INT, name);
            return json.number();
        }
        String text = text(json, name);
        try {
            if (type == String.class) {
                return text;
            }
            if (type == Path.class) {
                return Path.of(text);
            }
            if (type == StateBytes.class) {
                return StateBytes.copyOf(Base64.getDecoder().decode(text));
            }
        } catch (IllegalArgumentException e) {
            throw new InvalidStateException(name + " cannot be that: " + e.getMessage());
        }
        if (type.isEnum()) {
            return RecordShape.constant(type, text, name);
        }
        throw new IllegalStateException("Cannot read a " + type.getTypeName());
    }

    private static String text(JsonInput json, String name) throws IOException {
        require(json, JsonToken.VALUE_STRING, name);
        return json.text();
    }

    private static void require(JsonInput json, JsonToken token, String name) {
        if (json.current() != token) {
            throw new InvalidStateException(
                    name + " is of another type: " + json.current() + ", not " + token);
        }
    }

    private static boolean isNull(JsonInput json) {
        return json.current() == JsonToken.VALUE_NULL;
    }

    private static boolean isSealed(Type type) {
        return RecordShape.raw(type).isSealed();
    }
}
