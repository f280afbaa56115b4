package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.MachineState.DeviceState;
import dev.hosta.machine.PlatformState;
import dev.hosta.vcpu.VcpuState;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** A machine's state as bytes: what goes in comes out, and nothing else does. */
public final class StateCodecBytesTest {
    private static final Path FROM = Path.of("a test");

    private static Record golden(StateType<?> type) throws IOException {
        String name = "/state/" + type.kind() + "-v" + type.version() + ".json";
        try (InputStream in =
                        Objects.requireNonNull(
                                StateCodecBytesTest.class.getResourceAsStream(name), name);
                JsonParser json = new JsonFactory().createParser(in)) {
            json.nextToken();
            return RecordCodec.read(json, type.type());
        }
    }

    /** A state with a part of each kind, in its newest version. */
    public static MachineState example() throws IOException {
        List<DeviceState> devices = new ArrayList<>();
        for (StateKinds.Entry entry : StateKinds.all()) {
            StateType<?> type = entry.type();
            boolean device =
                    type.type() != PlatformState.V1.class && type.type() != VcpuState.V1.class;
            if (device && type.version() == StateKinds.newest(type.kind())) {
                devices.add(
                        new DeviceState(
                                "/devices/" + devices.size(),
                                type.kind(),
                                type.version(),
                                golden(type)));
            }
        }
        VcpuState.V1 vcpu = (VcpuState.V1) golden(VcpuState.V1.TYPE);
        return new MachineState(
                (PlatformState.V1) golden(PlatformState.V1.TYPE), List.of(vcpu, vcpu), devices);
    }

    private static MachineState read(byte[] bytes) {
        return StateCodec.ofBytes(ByteBuffer.wrap(bytes), FROM);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        MachineState state = example();
        assertEquals(state, read(StateCodec.toBytes(state)));
    }

    @Test
    void nothingButTheWholeIsRead() throws IOException {
        byte[] good = StateCodec.toBytes(example());
        for (int length = 0; length < good.length; length++) {
            byte[] part = Arrays.copyOf(good, length);
            assertThrows(InvalidStateException.class, () -> read(part), "length " + length);
        }
        byte[] more = Arrays.copyOf(good, good.length + 1);
        assertThrows(InvalidStateException.class, () -> read(more));
    }

    @Test
    void anOlderVersionBecomesTheNewest() throws IOException {
        MachineState state = example();
        List<DeviceState> devices = new ArrayList<>(state.devices());
        StateType<?> old = StateKinds.of("legacy.acpi-power").getFirst().type();
        devices.removeIf(device -> device.kind().equals(old.kind()));
        devices.add(new DeviceState("/devices/old", old.kind(), old.version(), golden(old)));
        MachineState read =
                read(
                        StateCodec.toBytes(
                                new MachineState(state.platform(), state.vcpus(), devices)));
        assertEquals(StateKinds.newest(old.kind()), read.devices().getLast().version());
    }

    @Test
    void aKindThatIsNotKnownIsNamed() throws IOException {
        byte[] bytes = StateCodec.toBytes(example());
        // "platform", behind the count, the path's length, "/platform", and the kind's length.
        bytes[4 + 4 + 9 + 4] = 'P';
        SavedFormException e = assertThrows(SavedFormException.class, () -> read(bytes));
        assertTrue(e.getMessage().contains("Platform"), e.getMessage());
    }

    @Test
    void noLengthIsBelieved() throws IOException {
        byte[] good = StateCodec.toBytes(example());
        int refused = 0;
        for (int at = 0; at + 4 <= Math.min(good.length, 20_000); at++) {
            for (int length : new int[] {Integer.MAX_VALUE, -1, Integer.MIN_VALUE, good.length}) {
                byte[] bytes = good.clone();
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, length);
                refused += isRead(bytes) ? 0 : 1;
            }
        }
        assertTrue(refused > 0);
    }

    @Test
    void whatIsNearAGoodOneIsReadOrRefused() throws IOException {
        byte[] good = StateCodec.toBytes(example());
        Random random = new Random(7);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            for (int change = random.nextInt(3); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            read += isRead(bytes) ? 1 : 0;
        }
        assertTrue(read > 0 && read < 20_000, "read=" + read);
    }

    /** Anything but a proper refusal comes out. */
    private static boolean isRead(byte[] bytes) {
        try {
            read(bytes);
            return true;
        } catch (InvalidStateException | SavedFormException e) {
            return false;
        }
    }
}
