package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
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
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            json.writeFieldName(component.getName());
            writeValue(json, component.getGenericType(), component(component, value));
        }
    }

    private static Object component(RecordComponent component, Record value) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Cannot read " + component, e);
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
                    writeValue(json, argument(type), o.get());
                } else {
                    json.writeNull();
                }
            }
            case List<?> list -> {
                json.writeStartArray();
                for (Object element : list) {
                    writeValue(json, argument(type), element);
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
        require(json, JsonToken.START_OBJECT, type.getSimpleName());
        return type.cast(readComponents(json, type));
    }

    private static Object readComponents(JsonParser json, Class<?> type) throws IOException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String name = components[i].getName();
            types[i] = components[i].getType();
            readKey(json, name, type);
            values[i] = readValue(json, components[i].getGenericType(), name);
        }
        if (json.nextToken() != JsonToken.END_OBJECT) {
            throw new InvalidStateException(
                    type.getSimpleName() + " has too many values: " + json.currentName());
        }
        return construct(type, types, values);
    }

    private static void readKey(JsonParser json, String name, Class<?> type) throws IOException {
        if (json.nextToken() != JsonToken.FIELD_NAME || !json.currentName().equals(name)) {
            throw new InvalidStateException(type.getSimpleName() + " has no " + name);
        }
        json.nextToken();
    }

    private static Object construct(Class<?> type, Class<?>[] types, Object[] values) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            // Whatever a constructor throws at values that cannot be, the file is to blame.
            if (e.getCause() instanceof InvalidStateException invalid) {
                throw invalid;
            }
            throw new InvalidStateException(String.valueOf(e.getCause().getMessage()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Cannot make a " + type.getTypeName(), e);
        }
    }

    private static Object readValue(JsonParser json, Type type, String name) throws IOException {
        Class<?> raw = raw(type);
        if (raw == Optional.class) {
            return isNull(json)
                    ? Optional.empty()
                    : Optional.of(readValue(json, argument(type), name));
        }
        if (raw == OptionalLong.class) {
            return isNull(json)
                    ? OptionalLong.empty()
                    : OptionalLong.of((long) readValue(json, long.class, name));
        }
        if (raw == List.class) {
            require(json, JsonToken.START_ARRAY, name);
            List<Object> list = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                list.add(readValue(json, argument(type), name));
            }
            return List.copyOf(list);
        }
        if (raw.isRecord() || raw.isSealed()) {
            require(json, JsonToken.START_OBJECT, name);
            return readComponents(json, raw.isRecord() ? raw : readKind(json, raw));
        }
        return readScalar(json, raw, name);
    }

    private static Class<?> readKind(JsonParser json, Class<?> sealed) throws IOException {
        readKey(json, KIND_OF_SEALED, sealed);
        String kind = text(json, KIND_OF_SEALED);
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            if (permitted.isRecord() && permitted.getSimpleName().equals(kind)) {
                return permitted;
            }
        }
        throw new InvalidStateException(sealed.getSimpleName() + " cannot be a '" + kind + "'");
    }

    private static Object readScalar(JsonParser json, Class<?> type, String name)
            throws IOException {
        if (type == boolean.class || type == Boolean.class) {
            if (json.currentToken() != JsonToken.VALUE_TRUE) {
                require(json, JsonToken.VALUE_FALSE, name);
            }
            return json.getBooleanValue();
        }
        if (type == int.class || type == Integer.class) {
            require(json, JsonToken.VALUE_NUMBER_INT, name);
            return json.getIntValue();
        }
        if (type == long.class || type == Long.class) {
            require(json, JsonToken.VALUE_NUMBER_INT, name);
            return json.getLongValue();
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
        for (Object constant : type.isEnum() ? type.getEnumConstants() : new Object[0]) {
            if (((Enum<?>) constant).name().equals(text)) {
                return constant;
            }
        }
        if (type.isEnum()) {
            throw new InvalidStateException(name + " cannot be '" + text + "'");
        }
        throw new IllegalStateException("Cannot read a " + type.getTypeName());
    }

    private static String text(JsonParser json, String name) throws IOException {
        require(json, JsonToken.VALUE_STRING, name);
        return json.getText();
    }

    private static void require(JsonParser json, JsonToken token, String name) {
        if (json.currentToken() != token) {
            throw new InvalidStateException(
                    name + " is of another type: " + json.currentToken() + ", not " + token);
        }
    }

    private static boolean isNull(JsonParser json) {
        return json.currentToken() == JsonToken.VALUE_NULL;
    }

    private static boolean isSealed(Type type) {
        return raw(type).isSealed();
    }

    private static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> c -> c;
            case ParameterizedType p -> (Class<?>) p.getRawType();
            default -> throw new IllegalStateException("Cannot carry a " + type.getTypeName());
        };
    }

    private static Type argument(Type type) {
        return ((ParameterizedType) type).getActualTypeArguments()[0];
    }
}
