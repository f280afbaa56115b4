package dev.hosta.device.virtio.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.FakePort;
import dev.hosta.device.virtio.TaskLoop;
import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;

import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A console with two named ports beside it: what is said on the control queues. */
class ConsolePortsTest {
    private static final int CONTROL_RX = VirtioConsole.CONTROL_RECEIVE_QUEUE;
    private static final int CONTROL_TX = VirtioConsole.CONTROL_TRANSMIT_QUEUE;
    private static final int RX1 = 4;
    private static final int TX1 = 5;
    private static final int TX2 = 7;

    private final FakePort console = new FakePort();
    private final FakePort log = new FakePort();
    private final FakePort agent = new FakePort();
    private final ConsoleGuest guest =
            new ConsoleGuest(
                    Optional.of(console),
                    List.of(new NamedPort("log", log), new NamedPort("org.agent.0", agent)));

    private void ready(int port) {
        guest.control(port, VirtioConsole.PORT_READY, 1);
    }

    private void open(int port, boolean isOpen) {
        guest.control(port, VirtioConsole.PORT_OPEN, isOpen ? 1 : 0);
    }

    @Test
    void portsAreAddedNamedAndOpened() {
        agent.connected(false);
        console.size(80, 25);
        guest.bringUp().hello();
        assertEquals(VirtioConsole.F_SIZE | VirtioConsole.F_MULTIPORT, guest.device.features());
        assertEquals(3, guest.transport.read(0x104, 4));
        assertEquals(8, guest.device.queueSizes().size());
        assertEquals(List.of("0 ADD 0", "1 ADD 0", "2 ADD 0"), guest.controls());
        ready(0);
        assertEquals(List.of("0 CONSOLE 1", "0 RESIZE 0 50001900", "0 OPEN 1"), guest.controls());
        ready(1);
        assertEquals(List.of("1 NAME 1 6c6f67", "1 OPEN 1"), guest.controls());
        ready(2);
        assertEquals(List.of("2 NAME 1 6f72672e6167656e742e30"), guest.controls());
        agent.connected(true);
        assertEquals(List.of("2 OPEN 1"), guest.controls());
        agent.connected(false);
        assertEquals(List.of("2 OPEN 0"), guest.controls());
        console.size(100, 30);
        assertEquals(List.of("0 RESIZE 0 64001e00"), guest.controls());
        assertEquals(3, guest.registers.read(VirtioMmio.INTERRUPT_STATUS));
        assertEquals(12, guest.device.counters().get("control_messages"));
    }

    @Test
    void namedPortsNeedNoConsole() {
        ConsoleGuest alone = new ConsoleGuest(Optional.empty(), List.of(new NamedPort("log", log)));
        alone.bringUp().hello();
        assertEquals(VirtioConsole.F_MULTIPORT, alone.device.features());
        assertEquals(List.of("1 ADD 0"), alone.controls());
        alone.send(VirtioConsole.TRANSMIT_QUEUE, "to nobody");
        alone.control(1, VirtioConsole.PORT_READY, 1);
        alone.send(TX1, "x");
        assertEquals("x", log.taken());
    }

    @Test
    void inputWaitsUntilTheGuestOpensThePort() {
        guest.bringUp().hello();
        ready(1);
        log.feed("early");
        guest.giveBuffers(RX1, 4);
        assertEquals("", guest.text(RX1));
        assertFalse(log.isAwaiting());
        open(1, true);
        assertEquals("early", guest.text(RX1));
        open(1, false);
        assertFalse(log.isAwaiting());
        log.feed("late");
        assertEquals("", guest.text(RX1));
    }

    @Test
    void eachPortHasItsOwnBackpressure() {
        guest.bringUp().hello();
        log.room(0);
        guest.send(TX1, "stuck");
        guest.send(TX2, "through");
        assertEquals("", log.taken());
        assertEquals("through", agent.taken());
    }

    @Test
    void withoutMultiportThereIsOneConsole() {
        guest.bringUp(VirtioConsole.F_MULTIPORT);
        guest.send(1, "out");
        assertEquals("out", console.taken());
        guest.giveBuffers(0, 1);
        console.feed("in");
        assertEquals("in", guest.text(0));
        log.feed("not asked for");
        assertFalse(log.isAwaiting());
    }

    @Test
    void aDriverThatAsksMuchAndTakesNothingCostsNothing() {
        guest.bringUp();
        for (int i = 0; i < 10_000; i++) {
            guest.control(0, VirtioConsole.DEVICE_READY, 1);
            ready(i % 3);
            agent.connected(i % 2 == 0);
            assertEquals(2, guest.takeBack(CONTROL_TX));
        }
        guest.giveBuffers(CONTROL_RX, 16);
        List<String> messages = guest.controls();
        assertEquals(
                List.of(
                        "0 ADD 0",
                        "0 CONSOLE 1",
                        "0 RESIZE 0 00000000",
                        "0 OPEN 1",
                        "1 ADD 0",
                        "1 NAME 1 6c6f67",
                        "1 OPEN 1",
                        "2 ADD 0",
                        "2 NAME 1 6f72672e6167656e742e30",
                        "2 OPEN 0"),
                messages);
    }

    @Test
    void messagesThatMeanNothingAreIgnored() {
        guest.bringUp().hello();
        guest.controls();
        guest.control(3, VirtioConsole.PORT_READY, 1);
        guest.control(0xffff_ffffL, VirtioConsole.PORT_OPEN, 1);
        guest.control(1, VirtioConsole.RESIZE, 1);
        guest.control(1, 0xffff, 1);
        assertEquals(4, guest.device.counters().get("ignored_control_messages"));
        guest.control(1, VirtioConsole.PORT_READY, 0);
        assertEquals(List.of(), guest.controls());
        assertEquals(0, guest.registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET);
    }

    @Test
    void aShortMessageBreaksTheDevice() {
        guest.bringUp();
        guest.send(CONTROL_TX, "short");
        assertTrue(needsReset());
    }

    @Test
    void aShortBufferForMessagesBreaksTheDevice() {
        guest.bringUp();
        guest.giveBuffers(CONTROL_RX, 1, 7);
        guest.control(0, VirtioConsole.DEVICE_READY, 1);
        assertTrue(needsReset());
    }

    private boolean needsReset() {
        return (guest.registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0;
    }

    @Test
    void aRestoredDriverHearsWhatIsDifferentNow() {
        guest.bringUp().hello();
        ready(0);
        ready(1);
        open(1, true);
        guest.controls();
        guest.transport.pause();
        ConsoleState.V1 saved = guest.device.exportState();
        assertEquals(new ConsoleState.Port(true, true, true, 0, 0), saved.ports().get(1));
        log.connected(false);
        console.size(80, 25);
        guest.transport.importState(guest.transport.exportState());
        guest.device.importState(saved);
        assertEquals(saved, guest.device.exportState());
        guest.transport.resume();
        assertEquals(List.of("0 RESIZE 0 50001900", "1 OPEN 0"), guest.controls());
        guest.giveBuffers(RX1, 1);
        log.feed("still open");
        assertEquals("still open", guest.text(RX1));
    }

    @Test
    void aResetForgetsWhatTheDriverKnew() {
        ConsoleState.V1 fresh = guest.device.exportState();
        console.size(80, 25);
        guest.bringUp().hello();
        ready(1);
        open(1, true);
        log.room(1);
        guest.send(TX1, "ab");
        guest.transport.pause();
        ConsoleState.V1 driven = guest.device.exportState();
        assertEquals(1, driven.ports().get(1).takenBytes());
        guest.transport.resume();
        guest.registers.write(VirtioMmio.STATUS, 0);
        assertEquals(fresh, guest.device.exportState());
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new NamedPort("", log));
        assertThrows(IllegalArgumentException.class, () -> new NamedPort("x".repeat(65), log));
        List<NamedPort> many = Collections.nCopies(16, new NamedPort("x", log));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ConsoleDevice(Optional.empty(), many, new TaskLoop()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ConsoleDevice(Optional.empty(), List.of(), new TaskLoop()));
    }
}
