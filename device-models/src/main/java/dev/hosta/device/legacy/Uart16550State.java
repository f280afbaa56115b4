package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

import java.util.List;

/** Saved state of a {@link Uart16550}: every version this build can read. */
public sealed interface Uart16550State {
    /**
     * Written since 0.1. Interrupt identification, line status and the level of the interrupt line
     * follow from these.
     *
     * @param divisor baud rate divisor, DLM:DLL, 0..0xffff
     * @param interruptEnable IER, 0..0x0f
     * @param fifoControl FCR without its reset bits, 0 or odd, within 0xc9
     * @param lineControl LCR, 0..0xff
     * @param modemControl MCR, 0..0x1f
     * @param modemDeltas low half of MSR, 0..0x0f
     * @param scratch SCR, 0..0xff
     * @param overrun LSR bit 1
     * @param transmitPending a transmitter-empty interrupt that IIR has not reported yet
     * @param polling the guest polls, so input arrives although its interrupt is off
     * @param lineStatusRead the last access to any register was a read of LSR
     * @param fifo what the receiver holds, oldest first: the byte, +0x100 for a break, +0x200 for
     *     one that came by loopback; up to 16, up to 1 while FIFOs are off
     * @param input what the host sent and the receiver has not taken yet, oldest first: the byte,
     *     or 0x100 for a break
     */
    record V1(
            int divisor,
            int interruptEnable,
            int fifoControl,
            int lineControl,
            int modemControl,
            int modemDeltas,
            int scratch,
            boolean overrun,
            boolean transmitPending,
            boolean polling,
            boolean lineStatusRead,
            List<Integer> fifo,
            List<Integer> input)
            implements Uart16550State {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("legacy.uart16550", 1, V1.class);

        /** Checks every field against the register's width, and the lists' lengths. */
        public V1 {
            InvalidStateException.requireRange("UART divisor", divisor, 0, 0xffff);
            InvalidStateException.requireRange("UART interruptEnable", interruptEnable, 0, 0x0f);
            InvalidStateException.requireRange("UART fifoControl", fifoControl, 0, 0xc9);
            if (fifoControl != 0 && ((fifoControl & ~0xc9) != 0 || (fifoControl & 1) == 0)) {
                throw new InvalidStateException(
                        "UART fifoControl must be 0 or odd and within 0xc9: value=" + fifoControl);
            }
            InvalidStateException.requireRange("UART lineControl", lineControl, 0, 0xff);
            InvalidStateException.requireRange("UART modemControl", modemControl, 0, 0x1f);
            InvalidStateException.requireRange("UART modemDeltas", modemDeltas, 0, 0x0f);
            InvalidStateException.requireRange("UART scratch", scratch, 0, 0xff);
            int depth = fifoControl == 0 ? 1 : Uart16550Receiver.FIFO_DEPTH;
            fifo = InvalidStateException.requireList("UART fifo", fifo, 0, depth, 0x3ff);
            input =
                    InvalidStateException.requireList(
                            "UART input", input, 0, Uart16550Receiver.QUEUE_LENGTH, 0x100);
            InvalidStateException.requireRange(
                    "UART fifo and input size",
                    fifo.size() + input.size(),
                    0,
                    Uart16550Receiver.QUEUE_LENGTH);
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
