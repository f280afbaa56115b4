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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of a machine as a JSON list: for each part its path, kind and version, and its record
 * as {@link RecordCodec} writes it. Files hold it, and so do migrations.
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
        boolean known =
                StateKinds.of(state.kind()).stream()
                        .anyMatch(
                                e ->
                                        e.type().version() == state.version()
                                                && e.type().type().isInstance(state.payload()));
        if (!known) {
            throw new IllegalStateException(
                    "No reader is there for " + state.kind() + " v" + state.version());
        }
        json.writeStartObject();
        json.writeStringField("path", state.path());
        json.writeStringField("kind", state.kind());
        json.writeNumberField("version", state.version());
        json.writeFieldName("payload");
        RecordCodec.write(json, state.payload());
        json.writeEndObject();
    }

    /** Reads the entries in their order. */
    private record Reader(Path file, JsonInput json) {
        MachineState state() throws IOException {
            PlatformState.V1 platform = null;
            List<VcpuState.V1> vcpus = new ArrayList<>();
            List<DeviceState> devices = new ArrayList<>();
            while (json.next() != JsonToken.END_ARRAY) {
                DeviceState entry = stateEntry();
                switch (entry.payload()) {
                    case PlatformState.V1 p -> {
                        if (platform != null || !entry.path().equals(PLATFORM_PATH)) {
                            throw misplaced(entry);
                        }
                        platform = p;
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
            if (platform == null) {
                throw new InvalidStateException("State is missing: " + PLATFORM_PATH);
            }
            return new MachineState(platform, vcpus, devices);
        }

        private static InvalidStateException misplaced(DeviceState entry) {
            return new InvalidStateException(
                    "State of " + entry.kind() + " cannot be at " + entry.path());
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
            int newest = StateKinds.of(kind).getLast().type().version();
            return new DeviceState(path, kind, newest, payload);
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
