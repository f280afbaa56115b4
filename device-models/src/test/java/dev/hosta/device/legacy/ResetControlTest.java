package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

class ResetControlTest implements StatefulContract<ResetControl, ResetControlState.V1> {
    private final List<GuestRequest> requests = new ArrayList<>();
    private final ResetControl control = new ResetControl(requests::add);

    @Test
    void resetsAsTheCpuBitRises() {
        for (int value : new int[] {0x02, 0x06, 0x0e, 0x0a, 0x04, 0x00, 0xf1}) {
            control.write(0, 1, value);
        }
        GuestRequest reset = new GuestRequest.Reset("reset control register");
        assertEquals(List.of(reset, reset), requests);
    }

    @Test
    void keepsItsThreeBits() {
        control.write(0, 1, 0xff);
        assertEquals(0x0e, control.read(0, 1));
        control.reset();
        assertEquals(0, control.read(0, 1));
    }

    @Override
    public ResetControl newDevice() {
        return new ResetControl(request -> {});
    }

    @Override
    public List<Consumer<ResetControl>> drives() {
        return List.of(device -> device.write(0, 1, 0x06));
    }

    @Override
    public Map<String, Supplier<ResetControlState.V1>> brokenStates() {
        return Map.of("control", () -> new ResetControlState.V1(0x10));
    }
}
