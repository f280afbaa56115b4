package dev.hosta.device.virtio.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.FakePort;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;

import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A console with one port: bytes both ways, its size, and what a driver may do wrong. */
class ConsoleDeviceTest {
    private static final int RX = VirtioConsole.RECEIVE_QUEUE;
    private static final int TX = VirtioConsole.TRANSMIT_QUEUE;

    private final FakePort port = new FakePort();
    private final ConsoleGuest guest = guest(port);

    private static ConsoleGuest guest(FakePort port) {
        return new ConsoleGuest(Optional.of(port), List.of());
    }

    private boolean needsReset() {
        return (guest.registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0;
    }

    @Test
    void oneConsoleOffersItsSizeAndNoPorts() {
        port.size(132, 43);
        ConsoleGuest late = guest(port);
        long rings =
                VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC | VirtioFeatures.EVENT_IDX;
        assertEquals(VirtioConsole.F_SIZE | rings, late.registers.offered());
        assertEquals(List.of(64, 64), late.device.queueSizes());
        assertEquals(132, late.transport.read(0x100, 2));
        assertEquals(43, late.transport.read(0x102, 2));
        assertEquals(1, late.transport.read(0x104, 4));
        assertEquals(0, late.transport.read(0x108, 8));
        assertEquals(43L << 16 | 132 | 1L << 32, late.transport.read(0x100, 8));
        late.transport.write(0x100, 4, -1);
        assertEquals(132, late.transport.read(0x100, 2));
    }

    @Test
    void bytesGoBothWays() {
        guest.bringUp();
        guest.send(TX, "login: ");
        assertEquals("login: ", port.taken());
        assertEquals(1, guest.takeBack(TX));
        guest.giveBuffers(RX, 2);
        port.feed("root\n");
        assertEquals("root\n", guest.text(RX));
        assertEquals(7, guest.device.counters().get("from_guest_bytes"));
        assertEquals(5, guest.device.counters().get("to_guest_bytes"));
    }

    @Test
    void aFullHostEndHoldsTheRestBackAndLosesNothing() {
        guest.bringUp();
        port.room(5);
        guest.send(TX, "0123456789");
        guest.send(TX, "abc");
        assertEquals("01234", port.taken());
        assertEquals(0, guest.takeBack(TX));
        guest.kick(TX);
        assertEquals("01234", port.taken());
        port.room(6);
        assertEquals("0123456789a", port.taken());
        assertEquals(1, guest.takeBack(TX));
        port.room(100);
        assertEquals("0123456789abc", port.taken());
        assertEquals(1, guest.takeBack(TX));
        assertEquals(13, guest.device.counters().get("from_guest_bytes"));
    }

    @Test
    void aHalfTakenBufferGoesOnAfterARestore() {
        guest.bringUp();
        port.room(3);
        guest.send(TX, "0123456789");
        guest.transport.pause();
        ConsoleState.V1 saved = guest.device.exportState();
        assertEquals(3, saved.ports().getFirst().takenBytes());
        guest.transport.importState(guest.transport.exportState());
        guest.device.importState(saved);
        assertEquals(saved, guest.device.exportState());
        port.room(100);
        assertEquals("012", port.taken());
        guest.transport.resume();
        assertEquals("0123456789", port.taken());
        assertEquals(1, guest.takeBack(TX));
    }

    @Test
    void aBufferThatTheGuestCutMeanwhileIsDone() {
        guest.bringUp();
        port.room(8);
        guest.send(TX, "0123456789");
        guest.queues.get(TX).descriptor(0, guest.spareGpa(), 2, 0, 0);
        port.room(100);
        assertEquals("01234567", port.taken());
        assertEquals(1, guest.takeBack(TX));
        assertFalse(needsReset());
    }

    @Test
    void inputWaitsWithTheHostUntilThereAreBuffers() {
        guest.bringUp();
        assertFalse(port.isAwaiting());
        port.feed("x".repeat(300));
        assertEquals(300, port.waiting());
        guest.giveBuffers(RX, 1);
        assertEquals("x".repeat(256), guest.text(RX));
        assertFalse(port.isAwaiting());
        guest.giveBuffers(RX, 1);
        assertEquals("x".repeat(44), guest.text(RX));
        guest.giveBuffers(RX, 1);
        assertTrue(port.isAwaiting());
    }

    @Test
    void outputThatNobodyTakesIsDropped() {
        port.connected(false);
        guest.bringUp();
        guest.send(TX, "lost");
        assertEquals("", port.taken());
        assertEquals(1, guest.takeBack(TX));
        assertEquals(4, guest.device.counters().get("dropped_bytes"));
        port.connected(true);
        guest.send(TX, "kept");
        assertEquals("kept", port.taken());
    }

    @Test
    void outputThatWaitsForRoomIsDroppedWhenTheHostsEndGoes() {
        guest.bringUp();
        port.room(1);
        guest.send(TX, "abc");
        port.connected(false);
        assertEquals(1, guest.takeBack(TX));
        assertEquals(2, guest.device.counters().get("dropped_bytes"));
    }

    @Test
    void hugeOutputGoesInTurns() {
        guest.bringUp();
        long lengthBytes = PortLine.TURN_BYTES * 2 + 3;
        guest.queues.get(TX).descriptor(0, guest.memory.baseGpa(), lengthBytes, 0, 0);
        guest.queues.get(TX).publish(0);
        guest.kick(TX);
        assertEquals(lengthBytes, port.taken().length());
        assertEquals(lengthBytes, guest.device.counters().get("from_guest_bytes"));
    }

    @Test
    void aNewSizeIsToldByTheConfiguration() {
        guest.bringUp();
        assertEquals(0, guest.registers.read(VirtioMmio.INTERRUPT_STATUS));
        port.size(80, 25);
        assertEquals(2, guest.registers.read(VirtioMmio.INTERRUPT_STATUS));
        assertEquals(1, guest.registers.read(VirtioMmio.CONFIG_GENERATION));
        assertEquals(80, guest.transport.read(0x100, 2));
        port.size(80, 25);
        assertEquals(1, guest.registers.read(VirtioMmio.CONFIG_GENERATION));
    }

    @Test
    void aSizeThatChangedWhileSavedIsToldAfterwards() {
        port.size(80, 25);
        guest.bringUp();
        guest.registers.write(VirtioMmio.INTERRUPT_ACK, 3);
        guest.transport.pause();
        port.size(100, 30);
        assertEquals(0, guest.registers.read(VirtioMmio.INTERRUPT_STATUS));
        guest.transport.resume();
        assertEquals(2, guest.registers.read(VirtioMmio.INTERRUPT_STATUS));
        assertEquals(100, guest.transport.read(0x100, 2));
    }

    @Test
    void aPausedConsoleLeavesBothSidesAlone() {
        guest.bringUp();
        guest.giveBuffers(RX, 1);
        assertTrue(port.isAwaiting());
        guest.transport.pause();
        assertFalse(port.isAwaiting());
        port.feed("later");
        guest.send(TX, "too");
        assertEquals("", port.taken());
        assertEquals(5, port.waiting());
        guest.transport.resume();
        assertEquals("too", port.taken());
        assertEquals("later", guest.text(RX));
    }

    @Test
    void aResetLetsGoOfTheHostsEnd() {
        guest.bringUp();
        assertTrue(port.isUsed());
        guest.registers.write(VirtioMmio.STATUS, 0);
        assertFalse(port.isUsed());
        guest.transport.close();
        assertEquals(1, port.closed());
    }

    @Test
    void inputIntoReadOnlyBuffersBreaksTheDevice() {
        guest.bringUp();
        guest.giveBuffers(RX, 1);
        guest.send(RX, "readable");
        port.feed("a");
        assertTrue(needsReset());
        assertFalse(port.isAwaiting(), "would call for ever");
        assertEquals(1, guest.device.counters().get("malformed"));
    }

    @Test
    void outputFromOutsideRamBreaksTheDevice() {
        guest.bringUp();
        guest.queues.get(TX).descriptor(0, 0x8000_0000L, 0xffff_ffffL, 0, 0);
        guest.queues.get(TX).publish(0);
        guest.kick(TX);
        assertTrue(needsReset());
    }

    @Test
    void outputWithoutBytesToReadBreaksTheDevice() {
        guest.bringUp();
        guest.giveBuffers(TX, 1);
        assertTrue(needsReset());
    }

    @Test
    void impossibleStatesAreRefused() {
        ConsoleState.Port good = new ConsoleState.Port(true, true, true, 31, 1);
        List<ConsoleState.Port> one = List.of(good);
        assertEquals(good, new ConsoleState.V1(80, 25, one).latest().ports().getFirst());
        List<Runnable> broken =
                List.of(
                        () -> new ConsoleState.V1(-1, 0, one),
                        () -> new ConsoleState.V1(0x1_0000, 0, one),
                        () -> new ConsoleState.V1(0, -1, one),
                        () -> new ConsoleState.V1(0, 0x1_0000, one),
                        () -> new ConsoleState.V1(0, 0, null),
                        () -> new ConsoleState.V1(0, 0, List.of()),
                        () -> new ConsoleState.V1(0, 0, Collections.nCopies(17, good)),
                        () -> new ConsoleState.V1(0, 0, Collections.singletonList(null)),
                        () -> new ConsoleState.Port(true, false, false, 32, 0),
                        () -> new ConsoleState.Port(true, false, false, -1, 0),
                        () -> new ConsoleState.Port(false, false, false, 2, 0),
                        () -> new ConsoleState.Port(false, false, true, 0, 0),
                        () -> new ConsoleState.Port(true, false, false, 0, -1),
                        () -> new ConsoleState.Port(true, false, false, 0, 1L << 32));
        for (Runnable state : broken) {
            assertThrows(InvalidStateException.class, state::run);
        }
        ConsoleState.V1 before = guest.device.exportState();
        ConsoleState.V1 two = new ConsoleState.V1(80, 25, List.of(good, good));
        assertThrows(InvalidStateException.class, () -> guest.device.importState(two));
        assertEquals(before, guest.device.exportState());
        assertEquals(ConsoleState.V1.TYPE, guest.device.stateType());
    }
}
