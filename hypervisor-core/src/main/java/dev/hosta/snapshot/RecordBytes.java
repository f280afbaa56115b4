package dev.hosta.snapshot;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;

import java.lang.reflect.Type;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Records as bytes: the same that {@link RecordCodec} carries, each component in its order without
 * its name, little-endian. Kind and version say what stands there.
 *
 * <pre>
 *  boolean                 1, 0 or 1
 *  int, long               4, 8
 *  text, enum, path        4 length · UTF-8 (an enum's name, an absolute path)
 *  StateBytes              4 length · bytes
 *  Optional, OptionalLong  1, 0 or 1 · the value where it is 1
 *  List                    4 count · the elements
 *  record                  its components; of a sealed interface, its simple name as text first
 * </pre>
 *
 * <p>What is read may be hostile: no length is believed beyond what is there.
 *
 * <p>Threading: no state.
 */
final class RecordBytes {
    private RecordBytes() {}

    /** Bytes that grow as they are written. */
    static final class Output {
        private ByteBuffer bytes = ByteBuffer.allocate(32 << 10).order(ByteOrder.LITTLE_ENDIAN);

        private ByteBuffer room(int count) {
            if (bytes.remaining() < count) {
                int size = Math.addExact(Math.max(bytes.capacity() * 2, bytes.position()), count);
                bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(bytes.flip());
            }
            return bytes;
        }

        Output one(boolean value) {
            room(1).put((byte) (value ? 1 : 0));
            return this;
        }

        Output number(int value) {
            room(4).putInt(value);
            return this;
        }

        Output number(long value) {
            room(8).putLong(value);
            return this;
        }

        Output text(String text) {
            return raw(text.getBytes(StandardCharsets.UTF_8));
        }

        Output raw(byte[] content) {
            room(4 + content.length).putInt(content.length).put(content);
            return this;
        }

        byte[] toArray() {
            byte[] all = new byte[bytes.position()];
            bytes.get(0, all);
            return all;
        }
    }

    /** Bytes as they came; what is not there, or cannot be, is an {@link InvalidStateException}. */
    static final class Input {
        private final ByteBuffer bytes;

        Input(ByteBuffer bytes) {
            this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        }

        private static InvalidStateException tooShort(String name) {
            return new InvalidStateException("It ends before " + name + " does");
        }

        boolean one(String name) {
            if (!bytes.hasRemaining()) {
                throw tooShort(name);
            }
            int value = bytes.get();
            if (value != 0 && value != 1) {
                throw new InvalidStateException(name + " is neither 0 nor 1: " + value);
            }
            return value == 1;
        }

        int number(String name) {
            try {
                return bytes.getInt();
            } catch (BufferUnderflowException e) {
                throw tooShort(name);
            }
        }

        long longNumber(String name) {
            try {
                return bytes.getLong();
            } catch (BufferUnderflowException e) {
                throw tooShort(name);
            }
        }

        byte[] raw(String name) {
            byte[] content = new byte[count(name)];
            bytes.get(content);
            return content;
        }

        /** A length, or the number of elements, each of which has a byte at least. */
        int count(String name) {
            int count = number(name);
            if (count < 0 || count > bytes.remaining()) {
                throw tooShort(name);
            }
            return count;
        }

        String text(String name) {
            return new String(raw(name), StandardCharsets.UTF_8);
        }

        boolean isAtEnd() {
            return !bytes.hasRemaining();
        }
    }

    /** Writes a record's components. */
    static void write(Output out, Record value) {
        RecordShape shape = RecordShape.of(value.getClass());
        for (int i = 0; i < shape.types().length; i++) {
            writeValue(out, shape.types()[i], shape.component(i, value));
        }
    }

    private static void writeValue(Output out, Type type, Object value) {
        switch (value) {
            case Long l -> out.number(l.longValue());
            case Integer i -> out.number(i.intValue());
            case Boolean b -> out.one(b);
            case Record r -> {
                if (RecordShape.raw(type).isSealed()) {
                    out.text(r.getClass().getSimpleName());
                }
                write(out, r);
            }
            case StateBytes b -> out.raw(b.toArray());
            case String s -> out.text(s);
            case Enum<?> e -> out.text(e.name());
            case Path p -> out.text(p.toAbsolutePath().normalize().toString());
            case OptionalLong o -> {
                out.one(o.isPresent());
                if (o.isPresent()) {
                    out.number(o.getAsLong());
                }
            }
            case Optional<?> o -> {
                out.one(o.isPresent());
                if (o.isPresent()) {
                    writeValue(out, RecordShape.argument(type), o.get());
                }
            }
            case List<?> list -> {
                out.number(list.size());
                for (Object element : list) {
                    writeValue(out, RecordShape.argument(type), element);
                }
            }
            default -> throw new IllegalStateException("Cannot write a " + type.getTypeName());
        }
    }

    /**
     * Reads a record.
     *
     * @throws InvalidStateException where it is no such record
     */
    static <T extends Record> T read(Input in, Class<T> type) {
        return type.cast(readComponents(in, type));
    }

    private static Object readComponents(Input in, Class<?> type) {
        RecordShape shape = RecordShape.of(type);
        Object[] values = new Object[shape.names().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = readValue(in, shape.types()[i], shape.names()[i]);
        }
        return shape.construct(values);
    }

    private static Object readValue(Input in, Type type, String name) {
        Class<?> raw = RecordShape.raw(type);
        if (raw == long.class || raw == Long.class) {
            return in.longNumber(name);
        }
        if (raw == int.class || raw == Integer.class) {
            return in.number(name);
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return in.one(name);
        }
        if (raw == StateBytes.class) {
            return StateBytes.copyOf(in.raw(name));
        }
        if (raw == List.class) {
            int count = in.count(name);
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                list.add(readValue(in, RecordShape.argument(type), name));
            }
            return List.copyOf(list);
        }
        if (raw == Optional.class) {
            return in.one(name)
                    ? Optional.of(readValue(in, RecordShape.argument(type), name))
                    : Optional.empty();
        }
        if (raw == OptionalLong.class) {
            return in.one(name) ? OptionalLong.of(in.longNumber(name)) : OptionalLong.empty();
        }
        if (raw.isRecord()) {
            return readComponents(in, raw);
        }
        String text = in.text(name);
        if (raw.isSealed()) {
            return readComponents(in, RecordShape.ofKind(raw, text));
        }
        if (raw == String.class) {
            return text;
        }
        if (raw.isEnum()) {
            return RecordShape.constant(raw, text, name);
        }
        return readPath(raw, text, name);
    }

    private static Object readPath(Class<?> raw, String text, String name) {
        if (raw != Path.class) {
            throw new IllegalStateException("Cannot read a " + raw.getTypeName());
        }
        try {
            return Path.of(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidStateException(name + " cannot be that: " + e.getMessage());
        }
    }
}
