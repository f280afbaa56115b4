package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeInterruptLine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Semaphore;

/** Drivers against the port: Linux's probing and interrupt handler, and the simplest there are. */
class Uart16550DriverTest {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;

    private final FakeInterruptLine line = new FakeInterruptLine();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final Uart16550 uart = new Uart16550(line, sent::write);

    private int in(int register) {
        return uart.readByte(register);
    }

    private void out(int register, int value) {
        uart.writeByte(register, value);
    }

    /** The checks of Linux 6.1's autoconfig() and autoconfig_16550a(), in their order. */
    @Test
    void linuxFindsA16550A() {
        out(IER, 0x00);
        assertEquals(0x00, in(IER) & 0x0f);
        out(IER, 0x0f);
        assertEquals(0x0f, in(IER) & 0x0f);
        out(IER, 0x00);
        out(MCR, 0x1a); // loopback, OUT2, RTS
        assertEquals(0x90, in(MSR) & 0xf0);
        out(MCR, 0x00);
        out(LCR, 0xbf); // would select an EFR
        out(FCR, 0x00);
        out(LCR, 0x00);
        out(FCR, 0x01);
        assertEquals(3, in(IIR) >> 6);
        out(LCR, 0x80);
        assertNotEquals(0, in(IIR), "not a 16C650");
        out(LCR, 0xbf);
        assertNotEquals(0, in(IIR), "not a 16C650v2");
        out(LCR, 0x00);
        out(MCR, in(MCR) ^ 0x10);
        out(LCR, 0xe0);
        assertEquals(0x00, in(IIR) & 0x10, "not a NatSemi SuperIO");
        out(LCR, 0x00);
        out(MCR, 0x00);
        out(FCR, 0x21);
        assertEquals(6, in(IIR) >> 5, "no 64-byte FIFO");
        out(FCR, 0x01);
        out(LCR, 0x80);
        out(FCR, 0x21);
        assertEquals(6, in(IIR) >> 5, "no 64-byte FIFO with DLAB either");
        out(FCR, 0x01);
        out(LCR, 0x00);
        out(IER, 0x40);
        assertEquals(0x00, in(IER) & 0x40, "not an XScale UART");
    }

    /** Linux's size_fifo(): fills the FIFO by loopback and counts. */
    @Test
    void linuxCountsSixteenBytesOfFifo() {
        out(FCR, 0x07);
        out(MCR, 0x10);
        out(LCR, 0x80);
        uart.write(DATA, 2, 1);
        out(LCR, 0x03);
        for (int i = 0; i < 256; i++) {
            out(DATA, i);
        }
        int count = 0;
        while ((in(LSR) & 0x01) != 0 && count < 256) {
            in(DATA);
            count++;
        }
        assertEquals(16, count);
    }

    /** serial8250_do_startup() in Linux 6.1, with its tests for two bugs; what was typed stays. */
    @Test
    void linuxStartsThePortAndLosesNothingTypedAhead() {
        byte[] typed = "uname -a\n".getBytes(StandardCharsets.ISO_8859_1);
        uart.offer(typed, 0, typed.length);
        linuxStartup();
        StringBuilder got = new StringBuilder();
        assertTrue(line.isHigh());
        linuxReceive(got);
        assertEquals("uname -a\n", got.toString());
        assertEquals(0xc1, in(IIR));
    }

    private void linuxStartup() {
        for (int value : new int[] {0x01, 0x07, 0x00}) { // serial8250_clear_fifos()
            out(FCR, value);
        }
        for (int register : new int[] {LSR, DATA, IIR, MSR}) {
            in(register);
        }
        assertNotEquals(0xff, in(LSR));
        out(LCR, 0x03);
        // THRE test: the interrupt must come again although IIR was read.
        in(LSR);
        out(IER, 0x02);
        assertEquals(0, in(IIR) & 0x01);
        out(IER, 0x00);
        out(IER, 0x02);
        assertEquals(0, in(IIR) & 0x01, "UART_BUG_THRE");
        out(IER, 0x00);
        out(MCR, 0x08);
        // TXEN test: an interrupt as the transmitter interrupt is enabled.
        out(IER, 0x02);
        assertEquals(0x40, in(LSR) & 0x40);
        assertEquals(0, in(IIR) & 0x01, "UART_BUG_TXEN");
        out(IER, 0x00);
        for (int register : new int[] {LSR, DATA, IIR, MSR}) {
            in(register);
        }
        // serial8250_do_set_termios(): interrupts first, then the FIFOs.
        out(IER, 0x05);
        out(LCR, 0x93);
        uart.write(DATA, 2, 1);
        out(LCR, 0x13);
        out(FCR, 0x01);
        out(FCR, 0x81);
        out(MCR, 0x0b);
    }

    /** serial8250_rx_chars(): reads until the line status says that there is no more. */
    private void linuxReceive(StringBuilder got) {
        while ((in(LSR) & 0x01) != 0) {
            got.append((char) in(DATA));
        }
    }

    /** A handler that takes one byte an interrupt and looks at nothing else. */
    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x01, 0x41, 0x81, 0xc1})
    void aHandlerOfOneByteAnEdgeGetsThemAll(int fifoControl) {
        out(FCR, fifoControl);
        out(IER, 0x01);
        byte[] bytes = new byte[1000];
        new Random(4).nextBytes(bytes);
        long seen = 0;
        uart.offer(bytes, 0, bytes.length);
        for (byte expected : bytes) {
            assertTrue(line.edges() > seen, "no edge for the next byte");
            seen = line.edges();
            assertEquals(expected & 0xff, in(DATA));
        }
        assertEquals(seen, line.edges());
    }

    /** A host thread offers as fast as it can; a guest runs by edges alone, in both directions. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nothingIsLostInEitherDirectionByInterrupts() throws InterruptedException {
        byte[] input = new byte[200_000];
        new Random(5).nextBytes(input);
        linuxStartup();
        Semaphore room = new Semaphore(0);
        uart.onRoom(room::release);
        Thread host =
                new Thread(
                        () -> {
                            int at = 0;
                            while (at < input.length) {
                                int length = Math.min(777, input.length - at);
                                int taken = uart.offer(input, at, length);
                                at += taken;
                                if (taken < length) {
                                    room.acquireUninterruptibly();
                                }
                            }
                        });
        host.start();
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        int echoed = 0;
        long served = 0;
        while (got.size() < input.length || echoed < input.length) {
            if (line.edges() == served) {
                Thread.onSpinWait();
                continue;
            }
            served = line.edges();
            while ((in(IIR) & 0x01) == 0) { // serial8250_interrupt(): until nothing is pending
                while ((in(LSR) & 0x01) != 0) {
                    got.write(in(DATA));
                }
                out(IER, 0x07); // serial8250_start_tx() and tx_chars(): up to a FIFO full
                for (int i = 0; i < 16 && echoed < got.size(); i++) {
                    out(DATA, input[echoed++] & 0xff);
                }
                if (echoed == got.size()) {
                    out(IER, 0x05); // serial8250_stop_tx()
                }
            }
        }
        host.join();
        assertEquals(hash(input), hash(got.toByteArray()));
        assertEquals(hash(input), hash(sent.toByteArray()));
    }

    private static String hash(byte[] bytes) {
        return bytes.length + " bytes, " + Arrays.hashCode(bytes);
    }
}
