package dev.hosta.device.legacy;

import static dev.hosta.device.legacy.Uart16550Bits.*;

import dev.hosta.device.irq.InterruptLine;

/**
 * The register machine of a {@link Uart16550}: what each access does, which interrupt is pending,
 * and when input enters the receiver.
 *
 * <p>Each read of a character releases the interrupt line for a moment, so that an edge-triggered
 * controller sees one edge for each interrupt that the data sheet asks for. Source: National
 * Semiconductor PC16550D data sheet, section 8.
 *
 * <p>Threading: none of its own; the UART holds its lock around every call.
 */
final class Uart16550Registers {
    /** 9600 baud from the PC's 1.8432 MHz, as firmware leaves it. */
    private static final int DIVISOR_9600 = 12;

    /** What is plugged in: a terminal that is there and ready. */
    private static final int PEER_SIGNALS = MSR_DCD | MSR_DSR | MSR_CTS;

    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};

    private final InterruptLine line;
    private final Uart16550Receiver receiver;

    private int divisor = DIVISOR_9600;
    private int interruptEnable;
    private int fifoControl;
    private int lineControl;
    private int modemControl;
    private int modemDeltas;
    private int scratch;
    private boolean overrun;
    private boolean transmitPending;
    private boolean polling;
    private boolean lineStatusRead;

    /** Bytes that {@link #write} gave away and the host has not got yet. */
    private int transmitting;

    private boolean lineHigh;

    Uart16550Registers(InterruptLine line, Uart16550Receiver receiver) {
        this.line = line;
        this.receiver = receiver;
    }

    /** Reads one register. */
    int read(int offset) {
        int value = readRegister(offset);
        lineStatusRead = offset == LINE_STATUS;
        return value;
    }

    private int readRegister(int offset) {
        return switch (offset) {
            case DATA -> dlab() ? divisor & 0xff : readReceiver();
            case INTERRUPT_ENABLE -> dlab() ? divisor >> 8 : interruptEnable;
            case INTERRUPT_ID_OR_FIFO_CONTROL -> readInterruptId();
            case LINE_CONTROL -> lineControl;
            case MODEM_CONTROL -> modemControl;
            case LINE_STATUS -> readLineStatus();
            case MODEM_STATUS -> readModemStatus();
            default -> scratch;
        };
    }

    private int readReceiver() {
        int value = receiver.take();
        drive(pendingWithoutTimeout() != IIR_NONE); // the read ends a time-out (section 8.6)
        receive();
        return value;
    }

    private int readInterruptId() {
        int id = pending();
        if (id == IIR_TRANSMITTER_EMPTY) {
            transmitPending = false; // reading IIR clears it if it is the source (table IV)
            update();
        }
        return id | (fifosEnabled() ? IIR_FIFOS_ENABLED : 0);
    }

    private int readLineStatus() {
        if (lineStatusRead && !polling) {
            polling = true;
            receive();
        }
        int value = lineStatus();
        overrun = false;
        receiver.acknowledgeBreak();
        update();
        return value;
    }

    private int readModemStatus() {
        int value = modemInputs() | modemDeltas;
        modemDeltas = 0;
        update();
        return value;
    }

    /**
     * Writes one register.
     *
     * @return whether {@code value} goes out on the line; then {@link #transmitted} must follow
     */
    boolean write(int offset, int value) {
        lineStatusRead = false;
        switch (offset) {
            case DATA -> {
                if (!dlab()) {
                    return writeTransmitter(value);
                }
                divisor = (divisor & 0xff00) | value;
            }
            case INTERRUPT_ENABLE -> {
                if (dlab()) {
                    divisor = (divisor & 0xff) | value << 8;
                } else {
                    writeInterruptEnable(value & IER_ALL);
                }
            }
            case INTERRUPT_ID_OR_FIFO_CONTROL -> writeFifoControl(value);
            case LINE_CONTROL -> writeLineControl(value);
            case MODEM_CONTROL -> writeModemControl(value & MCR_ALL);
            case SCRATCH -> scratch = value;
            default -> {} // LSR and MSR are read-only
        }
        return false;
    }

    private boolean writeTransmitter(int value) {
        transmitPending = false;
        update();
        if (!loopback()) {
            transmitting++;
            return true;
        }
        overrun |= !receiver.loop(value, depth());
        transmitPending = true;
        update();
        return false;
    }

    private void writeInterruptEnable(int value) {
        // Enabling the interrupt while the transmitter is empty raises it, acknowledged or not:
        // drivers start sending that way, and test for it.
        if (((interruptEnable ^ value) & IER_TRANSMITTER_EMPTY) != 0) {
            transmitPending = (value & IER_TRANSMITTER_EMPTY) != 0 && transmitting == 0;
        }
        interruptEnable = value;
        polling = false;
        receive();
    }

    private void writeFifoControl(int value) {
        boolean switches = ((value ^ fifoControl) & FCR_ENABLE) != 0;
        fifoControl = (value & FCR_ENABLE) == 0 ? 0 : value & FCR_KEPT;
        if (switches || (value & FCR_RESET_RECEIVER) != 0) {
            receiver.flush();
        }
        polling = false;
        receive();
    }

    private void writeLineControl(int value) {
        boolean breakStarts = (value & ~lineControl & LCR_BREAK) != 0;
        lineControl = value;
        polling = false;
        if (breakStarts && loopback()) {
            overrun |= !receiver.loop(Uart16550Receiver.BREAK, depth());
            update();
        }
    }

    private void writeModemControl(int value) {
        int before = modemInputs();
        modemControl = value;
        int after = modemInputs();
        modemDeltas |= ((before ^ after) & (MSR_CTS | MSR_DSR | MSR_DCD)) >> 4;
        if ((before & ~after & MSR_RI) != 0) {
            modemDeltas |= MSR_RING_ENDED;
        }
        polling = false;
        receive();
    }

    /** A byte that {@link #write} gave away is with the host. */
    void transmitted() {
        transmitting--;
        transmitPending = true;
        update();
    }

    /** Lets input in where the guest is ready for it, and drives the interrupt line. */
    void receive() {
        boolean ready = polling || (interruptEnable & IER_RECEIVED_DATA) != 0;
        if (ready && !loopback()) {
            receiver.feed(trigger());
        }
        update();
    }

    private int lineStatus() {
        return (receiver.count() > 0 ? LSR_DATA_READY : 0)
                | (overrun ? LSR_OVERRUN : 0)
                | ((receiver.top() & Uart16550Receiver.BREAK) != 0 ? LSR_BREAK : 0)
                | (transmitting == 0 ? LSR_HOLDING_EMPTY | LSR_TRANSMITTER_EMPTY : 0)
                | (fifosEnabled() && receiver.holdsBreak() ? LSR_ERROR_IN_FIFO : 0);
    }

    private int modemInputs() {
        if (!loopback()) {
            return PEER_SIGNALS;
        }
        return ((modemControl & MCR_RTS) != 0 ? MSR_CTS : 0)
                | ((modemControl & MCR_DTR) != 0 ? MSR_DSR : 0)
                | ((modemControl & MCR_OUT1) != 0 ? MSR_RI : 0)
                | ((modemControl & MCR_OUT2) != 0 ? MSR_DCD : 0);
    }

    /** What IIR says: the enabled pending interrupt of the highest priority (table IV). */
    private int pending() {
        int id = pendingWithoutTimeout();
        boolean timeout =
                (interruptEnable & IER_RECEIVED_DATA) != 0
                        && fifosEnabled()
                        && receiver.count() > 0
                        && receiver.count() < trigger();
        return timeout && id != IIR_LINE_STATUS ? IIR_CHARACTER_TIMEOUT : id;
    }

    private int pendingWithoutTimeout() {
        boolean lineError = overrun || (receiver.top() & Uart16550Receiver.BREAK) != 0;
        if ((interruptEnable & IER_LINE_STATUS) != 0 && lineError) {
            return IIR_LINE_STATUS;
        }
        if ((interruptEnable & IER_RECEIVED_DATA) != 0 && receiver.count() >= trigger()) {
            return IIR_RECEIVED_DATA;
        }
        if ((interruptEnable & IER_TRANSMITTER_EMPTY) != 0 && transmitPending) {
            return IIR_TRANSMITTER_EMPTY;
        }
        boolean modemStatus = (interruptEnable & IER_MODEM_STATUS) != 0 && modemDeltas != 0;
        return modemStatus ? IIR_MODEM_STATUS : IIR_NONE;
    }

    private void update() {
        drive(pending() != IIR_NONE);
    }

    private void drive(boolean high) {
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
    }

    private int trigger() {
        return fifosEnabled() ? TRIGGER_LEVELS[fifoControl >> 6] : 1;
    }

    private int depth() {
        return fifosEnabled() ? Uart16550Receiver.FIFO_DEPTH : 1;
    }

    private boolean fifosEnabled() {
        return (fifoControl & FCR_ENABLE) != 0;
    }

    private boolean loopback() {
        return (modemControl & MCR_LOOP) != 0;
    }

    private boolean dlab() {
        return (lineControl & LCR_DLAB) != 0;
    }

    /** Puts every register as after power-on; the host's characters go back to the line. */
    void reset() {
        receiver.flush();
        restore(
                new Uart16550State.V1(
                        DIVISOR_9600,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        false,
                        false,
                        false,
                        false,
                        receiver.fifo(),
                        receiver.queue()));
    }

    /** A copy of the state, the receiver's included. */
    Uart16550State.V1 state() {
        return new Uart16550State.V1(
                divisor,
                interruptEnable,
                fifoControl,
                lineControl,
                modemControl,
                modemDeltas,
                scratch,
                overrun,
                transmitPending,
                polling,
                lineStatusRead,
                receiver.fifo(),
                receiver.queue());
    }

    /** Takes over a state and drives the interrupt line to the level that follows from it. */
    void restore(Uart16550State.V1 state) {
        divisor = state.divisor();
        interruptEnable = state.interruptEnable();
        fifoControl = state.fifoControl();
        lineControl = state.lineControl();
        modemControl = state.modemControl();
        modemDeltas = state.modemDeltas();
        scratch = state.scratch();
        overrun = state.overrun();
        transmitPending = state.transmitPending();
        polling = state.polling();
        lineStatusRead = state.lineStatusRead();
        receiver.restore(state.fifo(), state.input());
        lineHigh = pending() != IIR_NONE;
        line.set(lineHigh);
    }
}
