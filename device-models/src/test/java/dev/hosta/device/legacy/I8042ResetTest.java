package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

class I8042ResetTest implements StatefulContract<I8042Reset, I8042ResetState.V1> {
    private final List<GuestRequest> requests = new ArrayList<>();
    private final I8042Reset controller = new I8042Reset(requests::add);
    private final BusDevice data = controller.dataPort();
    private final BusDevice command = controller.commandPort();

    /** i8042_flush() of Linux gives up after 16 bytes: no controller. */
    @Test
    void linuxConcludesInAFewAccessesThatThereIsNoController() {
        int count = 0;
        while ((command.read(0, 1) & 0x01) != 0 && count < 16) {
            data.read(0, 1);
            count++;
        }
        assertEquals(16, count);
        assertEquals(0x01, command.read(0, 1) & 0x01);
    }

    @Test
    void aDriverThatEmptiesTheBufferGetsThere() {
        int count = 0;
        while ((command.read(0, 1) & 0x01) != 0) {
            data.read(0, 1);
            count++;
        }
        assertEquals(64, count);
        assertEquals(0x14, command.read(0, 1));
        assertEquals(0x55, ask(0xaa));
        assertEquals(0x01, ask(0xab));
        assertEquals(0x01, ask(0xa9));
        assertEquals(0x34, ask(0x20));
        assertEquals(0x1c, command.read(0, 1));
        command.write(0, 1, 0x60);
        data.write(0, 1, 0x70);
        assertEquals(0x70, ask(0x20));
    }

    @Test
    void theInputBufferIsNeverFull() {
        for (int value = 0; value < 256; value++) {
            command.write(0, 1, value);
            data.write(0, 1, 0xff);
            assertEquals(0x00, command.read(0, 1) & 0x02);
        }
    }

    @Test
    void a20IsKept() {
        assertEquals(0x03, ask(0xd0));
        command.write(0, 1, 0xdd);
        assertEquals(0x01, ask(0xd0));
        command.write(0, 1, 0xdf);
        assertEquals(0x03, ask(0xd0));
        command.write(0, 1, 0xd1);
        data.write(0, 1, 0xdd);
        assertEquals(0xdd, ask(0xd0));
        assertTrue(requests.isEmpty());
    }

    @Test
    void pulsingTheResetLineResets() {
        command.write(0, 1, 0xff);
        command.write(0, 1, 0xf1);
        data.write(0, 1, 0xfe);
        assertTrue(requests.isEmpty());
        command.write(0, 1, 0xfe);
        command.write(0, 1, 0xd1);
        data.write(0, 1, 0x02);
        assertEquals(
                List.of(new GuestRequest.Reset("i8042"), new GuestRequest.Reset("i8042")),
                requests);
    }

    private long ask(int value) {
        command.write(0, 1, value);
        assertEquals(0x01, command.read(0, 1) & 0x01);
        return data.read(0, 1);
    }

    @Override
    public I8042Reset newDevice() {
        return new I8042Reset(request -> {});
    }

    @Override
    public List<Consumer<I8042Reset>> drives() {
        return List.of(
                device -> {
                    device.commandPort().write(0, 1, 0x60);
                    device.dataPort().write(0, 1, 0x43);
                    device.dataPort().read(0, 1);
                    device.commandPort().write(0, 1, 0xdd);
                    device.commandPort().write(0, 1, 0xaa);
                    device.commandPort().write(0, 1, 0xd1);
                });
    }

    private static I8042ResetState.V1 state(
            int configuration, int outputPort, int pendingCommand, int answer, int staleBytes) {
        return new I8042ResetState.V1(
                configuration, outputPort, pendingCommand, answer, staleBytes, false);
    }

    @Override
    public Map<String, Supplier<I8042ResetState.V1>> brokenStates() {
        return Map.of(
                "configuration", () -> state(256, 0, 0, 0, 0),
                "outputPort", () -> state(0, -1, 0, 0, 0),
                "pendingCommand", () -> state(0, 0, 0x20, 0, 0),
                "answer", () -> state(0, 0, 0, -2, 0),
                "staleBytes", () -> state(0, 0, 0, 0, 65));
    }
}
