package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

class PciConfigPortsTest implements StatefulContract<PciConfigPorts, PciConfigPortsState.V1> {
    private final List<GuestRequest> requests = new ArrayList<>();
    private final PciConfigPorts ports = new PciConfigPorts(new ResetControl(requests::add));

    @Test
    void nothingAnswersBehindAnyAddress() {
        for (long address = 0x8000_0000L; address < 0x8001_0000L; address += 0x800) {
            ports.write(0, 4, address);
            assertEquals(address, ports.read(0, 4));
            assertEquals(0xffff_ffffL, ports.read(4, 4) & 0xffff_ffffL);
            assertEquals(0xffff, ports.read(6, 2) & 0xffff);
            ports.write(4, 4, 0);
        }
    }

    @Test
    void aByteAtOffsetOneIsTheResetControl() {
        ports.write(0, 4, 0x0000_0600);
        assertTrue(requests.isEmpty());
        ports.write(1, 1, 0x02);
        ports.write(1, 1, 0x06);
        assertEquals(1, requests.size());
        assertEquals(0x06, ports.read(1, 1) & 0xff);
        assertEquals(0x0000_0600, ports.read(0, 4));
    }

    @Test
    void otherAccessesToTheAddressFindNothing() {
        ports.write(0, 4, 0x1234_5678);
        ports.write(0, 1, 0);
        ports.write(3, 1, 1);
        ports.write(0, 2, 0);
        ports.write(1, 2, 0x0606);
        assertEquals(0x1234_5678, ports.read(0, 4));
        assertEquals(0xff, ports.read(0, 1) & 0xff);
        assertEquals(0xffff, ports.read(2, 2) & 0xffff);
        assertTrue(requests.isEmpty());
    }

    @Override
    public PciConfigPorts newDevice() {
        return new PciConfigPorts(new ResetControl(request -> {}));
    }

    @Override
    public List<Consumer<PciConfigPorts>> drives() {
        return List.of(device -> device.write(0, 4, 0x8000_fffcL));
    }

    @Override
    public Map<String, Supplier<PciConfigPortsState.V1>> brokenStates() {
        return Map.of("address", () -> new PciConfigPortsState.V1(0x1_0000_0000L));
    }
}
