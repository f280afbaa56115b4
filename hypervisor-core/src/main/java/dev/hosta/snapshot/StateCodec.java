package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.machine.PlatformState;
import dev.hosta.vcpu.VcpuState;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The state of a machine as a list: for each part its path, kind and version, and its record. Files
 * hold it as JSON, with the records as {@link RecordCodec} writes them; a migration carries it as
 * bytes, with the records as {@link RecordBytes} does, as its guest stands still meanwhile:
 *
 * <pre>
 *  4 count · for each part: path · kind · 4 version · 4 length · payload
 * </pre>
 *
 * <p>Threading: no state.
 */
public final class StateCodec {
    private static final String PLATFORM_PATH = "/platform";
    private static final String VCPU_PATH = "/vcpus/";

    private StateCodec() {}

    /** Writes the list. */
    public static void write(JsonGenerator json, MachineState state) throws IOException {
        json.writeStartArray();
        for (DeviceState entry : entries(state)) {
            writeState(json, entry);
        }
        json.writeEndArray();
    }

    /**
     * Reads a list; the parser stands at its start, and afterwards at its end.
     *
     * @param from names where it comes from in messages
     * @throws InvalidStateException where it is no state of a machine
     * @throws SavedFormException where a part is older or newer than this build reads
     */
    public static MachineState read(JsonParser json, Path from) throws IOException {
        return read(JsonInput.of(json), from);
    }

    static MachineState read(JsonInput json, Path from) throws IOException {
        if (json.current() != JsonToken.START_ARRAY) {
            throw new InvalidStateException("The state is no list");
        }
        return new Reader(from, json).state();
    }

    /** The list as bytes. */
    public static byte[] toBytes(MachineState state) {
        List<DeviceState> entries = entries(state);
        RecordBytes.Output out = new RecordBytes.Output().number(entries.size());
        for (DeviceState entry : entries) {
            requireKnown(entry);
            RecordBytes.Output payload = new RecordBytes.Output();
            RecordBytes.write(payload, entry.payload());
            out.text(entry.path()).text(entry.kind()).number(entry.version());
            out.raw(payload.toArray());
        }
        return out.toArray();
    }

    /**
     * Reads the list from bytes, to their end.
     *
     * @param from names where they come from in messages
     * @throws InvalidStateException where it is no state of a machine
     * @throws SavedFormException where a part is older or newer than this build reads
     */
    public static MachineState ofBytes(ByteBuffer bytes, Path from) {
        RecordBytes.Input in = new RecordBytes.Input(bytes);
        Parts parts = new Parts();
        for (int left = in.count("the number of parts"); left > 0; left--) {
            String path = in.text("a path");
            String kind = in.text("a kind");
            StateKinds.Entry entry =
                    StateKinds.find(from, path, kind, in.number("the version of " + path));
            RecordBytes.Input payload =
                    new RecordBytes.Input(ByteBuffer.wrap(in.raw("the payload of " + path)));
            Record record = entry.upgrade().apply(RecordBytes.read(payload, entry.type().type()));
            if (!payload.isAtEnd()) {
                throw new InvalidStateException("There is more behind the payload of " + path);
            }
            parts.add(new DeviceState(path, kind, StateKinds.newest(kind), record));
        }
        if (!in.isAtEnd()) {
            throw new InvalidStateException("There is more behind the state");
        }
        return parts.whole();
    }

    private static List<DeviceState> entries(MachineState state) {
        List<DeviceState> entries = new ArrayList<>();
        PlatformState.V1 platform = state.platform();
        entries.add(
                new DeviceState(
                        PLATFORM_PATH,
                        PlatformState.V1.TYPE.kind(),
                        PlatformState.V1.TYPE.version(),
                        platform));
        for (int i = 0; i < state.vcpus().size(); i++) {
            entries.add(
                    new DeviceState(
                            VCPU_PATH + i,
                            VcpuState.V1.TYPE.kind(),
                            VcpuState.V1.TYPE.version(),
                            state.vcpus().get(i)));
        }
        entries.addAll(state.devices());
        return entries;
    }

    private static void writeState(JsonGenerator json, DeviceState state) throws IOException {
        requireKnown(state);
        json.writeStartObject();
        json.writeStringField("path", state.path());
        json.writeStringField("kind", state.kind());
        json.writeNumberField("version", state.version());
        json.writeFieldName("payload");
        RecordCodec.write(json, state.payload());
        json.writeEndObject();
    }

    private static void requireKnown(DeviceState state) {
        for (StateKinds.Entry entry : StateKinds.of(state.kind())) {
            if (entry.type().version() == state.version()
                    && entry.type().type().isInstance(state.payload())) {
                return;
            }
        }
        throw new IllegalStateException(
                "No reader is there for " + state.kind() + " v" + state.version());
    }

    /** What is read, in its order. */
    private static final class Parts {
        private Optional<PlatformState.V1> platform = Optional.empty();
        private final List<VcpuState.V1> vcpus = new ArrayList<>();
        private final List<DeviceState> devices = new ArrayList<>();

        void add(DeviceState entry) {
            switch (entry.payload()) {
                case PlatformState.V1 p -> {
                    if (platform.isPresent() || !entry.path().equals(PLATFORM_PATH)) {
                        throw misplaced(entry);
                    }
                    platform = Optional.of(p);
                }
                case VcpuState.V1 v -> {
                    if (!entry.path().equals(VCPU_PATH + vcpus.size())) {
                        throw misplaced(entry);
                    }
                    vcpus.add(v);
                }
                default -> devices.add(entry);
            }
        }

        private static InvalidStateException misplaced(DeviceState entry) {
            return new InvalidStateException(
                    "State of " + entry.kind() + " cannot be at " + entry.path());
        }

        MachineState whole() {
            return new MachineState(
                    platform.orElseThrow(
                            () -> new InvalidStateException("State is missing: " + PLATFORM_PATH)),
                    vcpus,
                    devices);
        }
    }

    /** Reads the entries in their order. */
    private record Reader(Path file, JsonInput json) {
        MachineState state() throws IOException {
            Parts parts = new Parts();
            while (json.next() != JsonToken.END_ARRAY) {
                parts.add(stateEntry());
            }
            return parts.whole();
        }

        private DeviceState stateEntry() throws IOException {
            if (json.current() != JsonToken.START_OBJECT) {
                throw new InvalidStateException("A state must be an object");
            }
            key("path", JsonToken.VALUE_STRING);
            String path = json.text();
            key("kind", JsonToken.VALUE_STRING);
            String kind = json.text();
            key("version", JsonToken.VALUE_NUMBER_INT);
            int version = Math.clamp(json.number(), Integer.MIN_VALUE, Integer.MAX_VALUE);
            StateKinds.Entry entry = StateKinds.find(file, path, kind, version);
            key("payload", JsonToken.START_OBJECT);
            Record payload = entry.upgrade().apply(RecordCodec.read(json, entry.type().type()));
            if (json.next() != JsonToken.END_OBJECT) {
                throw new InvalidStateException("There is more behind the payload of " + path);
            }
            return new DeviceState(path, kind, StateKinds.newest(kind), payload);
        }

        private void key(String name, JsonToken type) throws IOException {
            if (json.next() != JsonToken.FIELD_NAME
                    || !json.name().equals(name)
                    || json.next() != type) {
                throw new InvalidStateException("The key '" + name + "' is not where it must be");
            }
        }
    }
}
