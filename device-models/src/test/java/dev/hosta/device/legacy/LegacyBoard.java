package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.bus.AddressSpace;
import dev.hosta.device.irq.FakeInterruptLine;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.Stateful;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * All legacy devices in one address space, driven by arbitrary bytes as guest and host would drive
 * them, with checks of what must hold whatever they do.
 */
final class LegacyBoard {
    /** Where the devices lie, so that arbitrary addresses hit them often. */
    private static final int[] PORTS = {
        0x60, 0x64, 0x70, 0x80, 0xf4, 0x3f8, 0x3fc, 0x505, 0x5f4, 0x600, 0x604, 0x608, 0xcf8, 0xcfc
    };

    private final ManualClock clock = new ManualClock("2026-01-01T00:00:00Z");
    private final FakeInterruptLine serialLine = new FakeInterruptLine();
    private final FakeInterruptLine sci = new FakeInterruptLine();
    private final AddressSpace ports = new AddressSpace("port I/O");
    private final Uart16550 uart = new Uart16550(serialLine, this::checkOutput);
    private final CmosRtc rtc = new CmosRtc(clock, 1L << 30, 1L << 32);
    private final I8042Reset keyboard = new I8042Reset(this::checkRequest);
    private final ResetControl resetControl = new ResetControl(this::checkRequest);
    private final PciConfigPorts pci = new PciConfigPorts(resetControl);
    private final AcpiPower power = new AcpiPower(sci, clock, this::checkRequest);
    private final List<Device> devices = List.of(uart, rtc, keyboard, resetControl, pci, power);
    private long requests;

    LegacyBoard() {
        ports.claim(0x60, 1, "i8042 data", keyboard.dataPort());
        ports.claim(0x64, 1, "i8042 command", keyboard.commandPort());
        ports.claim(0x70, CmosRtc.SIZE_BYTES, "rtc", rtc);
        ports.claim(0x80, PostCodePort.SIZE_BYTES, "post codes", new PostCodePort());
        ports.claim(0xf4, DebugExit.SIZE_BYTES, "debug exit", new DebugExit(this::checkRequest));
        ports.claim(0x3f8, Uart16550.SIZE_BYTES, "com1", uart);
        ports.claim(0x505, PanicPort.SIZE_BYTES, "panic", new PanicPort(this::checkRequest));
        ports.claim(
                0x5f4, ExitStatus.SIZE_BYTES, "exit status", new ExitStatus(this::checkRequest));
        ports.claim(0x600, AcpiPower.SIZE_BYTES, "acpi", power);
        ports.claim(0xcf8, PciConfigPorts.SIZE_BYTES, "pci", pci);
        devices.forEach(Device::start);
    }

    /** Requests that the guest made so far. */
    long requests() {
        return requests;
    }

    /** Does what {@code script} says until it is used up. */
    void run(ByteBuffer script) {
        while (script.remaining() >= 12) {
            step(script);
        }
        devices.forEach(LegacyBoard::checkRoundTrip);
    }

    private void step(ByteBuffer script) {
        int what = script.get() & 0xff;
        int port = PORTS[(script.get() & 0xff) % PORTS.length] + (script.get() & 7);
        int widthBytes = 1 + (script.get() & 7);
        long value = script.getLong();
        switch (what & 0x0f) {
            case 0 -> offer(script, (int) value & 0x1fff);
            case 1 -> uart.offerBreak();
            case 2 -> power.pressPowerButton();
            case 3 -> clock.advance(Duration.ofNanos(value >>> 20));
            case 4 -> {
                if ((what & 0xf0) == 0) {
                    lifecycle(devices.get((int) (value >>> 8 & 0xff) % devices.size()), value);
                }
            }
            case 5, 6, 7, 8, 9 -> checkRead(port, widthBytes);
            default -> ports.write(port, widthBytes, value);
        }
    }

    private void offer(ByteBuffer script, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + script.position());
        }
        int taken = uart.offer(bytes, 0, length);
        assertTrue(taken >= 0 && taken <= length, () -> "taken=" + taken);
    }

    private static void lifecycle(Device device, long value) {
        switch ((int) value & 7) {
            case 0 -> device.reset();
            case 1 -> {
                device.pause();
                checkRoundTrip(device);
                device.resume();
            }
            case 2 -> device.pause();
            default -> device.resume();
        }
    }

    private void checkRead(int port, int widthBytes) {
        long value = ports.read(port, widthBytes);
        if (widthBytes < 8) {
            assertEquals(0, value >>> (8 * widthBytes), "bits above the width");
        }
    }

    private void checkRequest(GuestRequest request) {
        requests++;
        switch (request) {
            case GuestRequest.Exit exit -> assertEquals(exit.status() & 0xff, exit.status());
            case GuestRequest.Reset reset -> assertTrue(!reset.by().isBlank());
            case GuestRequest.Panic panic -> assertEquals(new GuestRequest.Panic(), panic);
            case GuestRequest.PowerOff off -> assertEquals(new GuestRequest.PowerOff(), off);
        }
    }

    private void checkOutput(int value) {
        assertEquals(value & 0xff, value, "a byte of output");
    }

    /** Whatever state a device is in, it can be saved, and taken over again. */
    private static void checkRoundTrip(Device device) {
        device.pause();
        if (device instanceof Stateful<?> stateful) {
            checkRoundTripOf(stateful);
        }
        device.resume();
    }

    private static <S extends Record> void checkRoundTripOf(Stateful<S> stateful) {
        S state = stateful.exportState();
        stateful.importState(state);
        assertEquals(state, stateful.exportState());
    }
}
