package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeInterruptLine;
import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

class Uart16550Test implements StatefulContract<Uart16550, Uart16550State.V1> {
    private static final int RBR = 0;
    private static final int THR = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;

    private final FakeInterruptLine line = new FakeInterruptLine();
    private final StringBuilder sent = new StringBuilder();
    private final Uart16550 uart = new Uart16550(line, value -> sent.append((char) value));

    @Test
    void powersOnAsTheDataSheetSays() {
        int[] expected = {0, 0, 0x01, 0, 0, 0x60, 0xb0, 0};
        for (int register = 0; register < expected.length; register++) {
            assertEquals(expected[register], uart.readByte(register), "register " + register);
        }
        uart.writeByte(LCR, 0x80);
        assertEquals(12, uart.readByte(0));
        assertEquals(0, uart.readByte(1));
    }

    @Test
    void bytesGoOutAtOnceAndTheTransmitterIsEmptyAgain() {
        uart.writeByte(THR, 'h');
        assertEquals(0x60, uart.readByte(LSR));
        uart.writeByte(THR, 'i');
        assertEquals("hi", sent.toString());
        assertFalse(line.isHigh());
    }

    @Test
    void theDivisorIsNoDataAndKeepsSixteenBits() {
        uart.writeByte(LCR, 0x83);
        uart.writeByte(0, 0x34);
        uart.writeByte(1, 0x12);
        assertEquals(0x1234, uart.read(0, 2));
        uart.writeByte(LCR, 0x03);
        assertEquals("", sent.toString());
        assertEquals(0, uart.readByte(IER));
    }

    @Test
    void aWideWriteIsOneByteForEachRegister() {
        uart.write(THR, 2, 0x0241);
        assertEquals("A", sent.toString());
        assertEquals(0x02, uart.readByte(IER));
        uart.write(LCR, 1, 0x03);
        assertEquals(0x03c2_0200L & 0xff00_ff00L, uart.read(0, 4) & 0xff00_ff00L);
    }

    @Test
    void transmitterInterruptRaisesAndIsClearedByIirOrByTheNextByte() {
        uart.writeByte(IER, 0x02);
        assertTrue(line.isHigh());
        assertEquals(0x02, uart.readByte(IIR));
        assertFalse(line.isHigh());
        assertEquals(0x01, uart.readByte(IIR));
        uart.writeByte(THR, 'a');
        assertTrue(line.isHigh());
        long edges = line.edges();
        uart.writeByte(THR, 'b'); // without a look at IIR: a new edge all the same
        assertTrue(line.isHigh());
        assertEquals(edges + 1, line.edges());
        uart.writeByte(IER, 0x00);
        assertFalse(line.isHigh());
        uart.writeByte(IER, 0x02);
        assertTrue(line.isHigh());
    }

    @Test
    void receivedDataInterruptsAtTheTriggerLevelAndTimesOutBelowIt() {
        uart.writeByte(FCR, 0x81); // FIFOs on, trigger level 8
        uart.writeByte(IER, 0x01);
        offer("abc");
        assertEquals(0xcc, uart.readByte(IIR));
        offer("defghij");
        assertEquals(0xc4, uart.readByte(IIR));
        assertEquals("abcdefghij", drain());
        assertEquals(0xc1, uart.readByte(IIR));
        assertFalse(line.isHigh());
    }

    @Test
    void interruptsComeByPriority() {
        uart.writeByte(MCR, 0x10);
        uart.writeByte(MCR, 0x1f); // modem signals change in loopback
        uart.writeByte(IER, 0x0f);
        uart.writeByte(THR, 'x');
        uart.writeByte(THR, 'y'); // overruns the receiver buffer
        assertEquals(0x06, uart.readByte(IIR));
        assertEquals(0x63, uart.readByte(LSR));
        assertEquals(0x61, uart.readByte(LSR));
        assertEquals(0x04, uart.readByte(IIR));
        assertEquals('y', uart.readByte(RBR));
        assertEquals(0x02, uart.readByte(IIR));
        assertEquals(0x00, uart.readByte(IIR));
        assertTrue(line.isHigh());
        assertEquals(0xfb, uart.readByte(MSR));
        assertEquals(0xf0, uart.readByte(MSR));
        assertEquals(0x01, uart.readByte(IIR));
        assertFalse(line.isHigh());
        uart.writeByte(MCR, 0x0b); // out of loopback: only the ring indicator falls
        assertEquals(0xb4, uart.readByte(MSR));
    }

    @Test
    void aBreakShowsInTheLineStatusWhenItIsNext() {
        uart.writeByte(FCR, 0xc1);
        uart.writeByte(IER, 0x05);
        offer("a");
        assertTrue(uart.offerBreak());
        offer("b");
        assertEquals(0xe1, uart.readByte(LSR)); // somewhere in the FIFO
        assertEquals('a', uart.readByte(RBR));
        assertEquals(0xc6, uart.readByte(IIR));
        assertEquals(0xf1, uart.readByte(LSR));
        assertEquals(0x61, uart.readByte(LSR));
        assertEquals(0, uart.readByte(RBR));
        assertEquals('b', uart.readByte(RBR));
        uart.writeByte(MCR, 0x10);
        uart.writeByte(LCR, 0x43);
        assertEquals(0xf1, uart.readByte(LSR));
        assertEquals("", sent.toString());
    }

    @Test
    void loopbackHoldsSixteenAndKeepsTheHostOut() {
        uart.writeByte(FCR, 0x01);
        uart.writeByte(MCR, 0x10);
        offer("later");
        for (int i = 0; i < 20; i++) {
            uart.writeByte(THR, i);
        }
        assertEquals(0x63, uart.readByte(LSR));
        for (int i = 0; i < 16; i++) {
            assertEquals(i, uart.readByte(RBR));
        }
        assertEquals(0x60, uart.readByte(LSR));
        assertEquals("", sent.toString());
        uart.writeByte(MCR, 0x00);
        assertEquals("later", poll(5));
    }

    @Test
    void aFifoResetDropsLoopedBytesAndNoneOfTheHost() {
        uart.writeByte(FCR, 0xc1);
        uart.writeByte(IER, 0x01);
        offer("typed ahead, longer than the FIFO");
        uart.writeByte(MCR, 0x10);
        uart.writeByte(THR, '!');
        uart.writeByte(FCR, 0xc3);
        assertEquals(0x60, uart.readByte(LSR));
        uart.writeByte(MCR, 0x00);
        uart.writeByte(FCR, 0x00);
        assertEquals("typed ahead, longer than the FIFO", drain());
    }

    @Test
    void aGuestThatPollsGetsInputWithoutInterrupts() {
        offer("hello");
        assertEquals(0x60, uart.readByte(LSR));
        assertEquals(0x61, uart.readByte(LSR));
        assertEquals("hello", poll(5));
        assertEquals(0, line.edges());
    }

    @Test
    void theOutputIsCalledWithoutTheLock() {
        Uart16550[] self = new Uart16550[1];
        AtomicInteger taken = new AtomicInteger(-1);
        AtomicInteger status = new AtomicInteger();
        self[0] =
                new Uart16550(
                        line,
                        value -> {
                            Thread other =
                                    new Thread(
                                            () -> {
                                                status.set(self[0].readByte(LSR));
                                                taken.set(self[0].offer(new byte[3], 0, 3));
                                            });
                            other.start();
                            try {
                                other.join(10_000);
                            } catch (InterruptedException impossible) {
                                throw new IllegalStateException(impossible);
                            }
                        });
        self[0].writeByte(THR, 'x');
        assertEquals(3, taken.get());
        assertEquals(0x00, status.get(), "busy while the host takes the byte");
        assertEquals(0x60, self[0].readByte(LSR) & 0x60);
    }

    @Test
    void aFullQueueTakesNoMoreAndTellsOfRoomOnce() {
        AtomicInteger told = new AtomicInteger();
        uart.onRoom(told::incrementAndGet);
        byte[] bytes = new byte[5000];
        assertEquals(Uart16550.INPUT_CAPACITY, uart.offer(bytes, 0, 5000));
        assertEquals(0, uart.offer(bytes, 0, 1));
        assertFalse(uart.offerBreak());
        uart.writeByte(IER, 0x01);
        for (int i = 0; i < 2046; i++) {
            uart.readByte(RBR);
        }
        assertEquals(0, told.get());
        uart.readByte(RBR);
        assertEquals(1, told.get());
        for (int i = 0; i < 2048; i++) {
            uart.readByte(RBR);
        }
        assertEquals(1, told.get());
        assertEquals(0x61, uart.readByte(LSR));
    }

    @Test
    void whilePausedNothingIsTakenAndResumeTellsOfRoom() {
        AtomicInteger told = new AtomicInteger();
        uart.onRoom(told::incrementAndGet);
        uart.writeByte(IER, 0x01);
        uart.pause();
        assertEquals(0, uart.offer(new byte[1], 0, 1));
        assertFalse(uart.offerBreak());
        assertEquals(0, line.edges());
        uart.resume();
        assertEquals(1, told.get());
        assertEquals(1, uart.offer(new byte[1], 0, 1));
        assertTrue(line.isHigh());
    }

    @Test
    void aRestoredPortDrivesItsLine() {
        uart.writeByte(IER, 0x01);
        offer("x");
        FakeInterruptLine otherLine = new FakeInterruptLine();
        Uart16550 other = new Uart16550(otherLine, value -> {});
        other.importState(uart.exportState());
        assertTrue(otherLine.isHigh());
        other.reset();
        assertFalse(otherLine.isHigh());
    }

    @Test
    void offersOutsideTheArrayAreABug() {
        assertThrows(IndexOutOfBoundsException.class, () -> uart.offer(new byte[4], 2, 3));
    }

    private void offer(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(bytes.length, uart.offer(bytes, 0, bytes.length));
    }

    /** Reads while the line status says that there is something. */
    private String drain() {
        StringBuilder text = new StringBuilder();
        while ((uart.readByte(LSR) & 0x01) != 0) {
            text.append((char) uart.readByte(RBR));
        }
        return text.toString();
    }

    /** Reads as a polling guest does, giving up after a thousand looks. */
    private String poll(int length) {
        StringBuilder text = new StringBuilder();
        for (int looks = 0; looks < 1000 && text.length() < length; looks++) {
            if ((uart.readByte(LSR) & 0x01) != 0) {
                text.append((char) uart.readByte(RBR));
            }
        }
        return text.toString();
    }

    @Override
    public Uart16550 newDevice() {
        return new Uart16550(new FakeInterruptLine(), value -> {});
    }

    @Override
    public List<Consumer<Uart16550>> drives() {
        return List.of(Uart16550Test::overrunInLoopback, Uart16550Test::pollForInput);
    }

    private static void overrunInLoopback(Uart16550 device) {
        device.offer("typed ahead".getBytes(StandardCharsets.ISO_8859_1), 0, 11);
        device.writeByte(LCR, 0x80);
        device.write(0, 2, 0x4321);
        device.writeByte(LCR, 0x1b);
        device.writeByte(FCR, 0xc1);
        device.writeByte(MCR, 0x10);
        device.writeByte(MCR, 0x1b);
        device.writeByte(IER, 0x0e);
        device.writeByte(SCR, 0x5a);
        for (int i = 0; i < 17; i++) {
            device.writeByte(THR, 0x40 + i);
        }
    }

    private static void pollForInput(Uart16550 device) {
        device.offerBreak();
        device.offer(new byte[] {1, 2, 3}, 0, 3);
        device.readByte(SCR);
        device.readByte(LSR);
        device.readByte(LSR);
    }

    @Override
    public Uart16550State.V1 afterReset(Uart16550State.V1 fresh, Uart16550State.V1 before) {
        List<Integer> hosts =
                before.fifo().stream().filter(c -> (c & Uart16550Receiver.LOOPED) == 0).toList();
        List<Integer> line = Stream.concat(hosts.stream(), before.input().stream()).toList();
        return state(12, 0, 0, 0, 0, 0, 0, List.of(), line);
    }

    private static Uart16550State.V1 state(
            int divisor,
            int ier,
            int fcr,
            int lcr,
            int mcr,
            int deltas,
            int scratch,
            List<Integer> fifo,
            List<Integer> input) {
        return new Uart16550State.V1(
                divisor, ier, fcr, lcr, mcr, deltas, scratch, false, false, false, false, fifo,
                input);
    }

    @Override
    public Map<String, Supplier<Uart16550State.V1>> brokenStates() {
        List<Integer> none = List.of();
        List<Integer> long16 = Collections.nCopies(17, 0);
        List<Integer> longQueue = Collections.nCopies(4113, 0);
        return Map.ofEntries(
                Map.entry("divisor", () -> state(0x10000, 0, 0, 0, 0, 0, 0, none, none)),
                Map.entry("interruptEnable", () -> state(0, 0x10, 0, 0, 0, 0, 0, none, none)),
                Map.entry("fifoControl", () -> state(0, 0, 0x03, 0, 0, 0, 0, none, none)),
                Map.entry("fifoControl/even", () -> state(0, 0, 0xc0, 0, 0, 0, 0, none, none)),
                Map.entry("lineControl", () -> state(0, 0, 0, 0x100, 0, 0, 0, none, none)),
                Map.entry("modemControl", () -> state(0, 0, 0, 0, 0x20, 0, 0, none, none)),
                Map.entry("modemDeltas", () -> state(0, 0, 0, 0, 0, -1, 0, none, none)),
                Map.entry("scratch", () -> state(0, 0, 0, 0, 0, 0, 256, none, none)),
                Map.entry("fifo", () -> state(0, 0, 1, 0, 0, 0, 0, long16, none)),
                Map.entry("fifo/off", () -> state(0, 0, 0, 0, 0, 0, 0, List.of(1, 2), none)),
                Map.entry("fifo/code", () -> state(0, 0, 0, 0, 0, 0, 0, List.of(0x400), none)),
                Map.entry("fifo/none", () -> state(0, 0, 0, 0, 0, 0, 0, null, none)),
                Map.entry("input", () -> state(0, 0, 0, 0, 0, 0, 0, none, longQueue)),
                Map.entry("input/code", () -> state(0, 0, 0, 0, 0, 0, 0, none, List.of(-1))),
                Map.entry(
                        "input/both",
                        () ->
                                state(
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        List.of(0),
                                        Collections.nCopies(4112, 0))));
    }
}
