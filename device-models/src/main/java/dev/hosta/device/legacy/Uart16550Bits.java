package dev.hosta.device.legacy;

/**
 * Register offsets and bits of the 16550A. Source: National Semiconductor PC16550D data sheet,
 * section 8, tables II to IV.
 */
final class Uart16550Bits {
    /** RBR when read, THR when written; DLL while LCR has {@link #LCR_DLAB}. */
    static final int DATA = 0;

    /** IER; DLM while LCR has {@link #LCR_DLAB}. */
    static final int INTERRUPT_ENABLE = 1;

    /** IIR when read, FCR when written. */
    static final int INTERRUPT_ID_OR_FIFO_CONTROL = 2;

    static final int LINE_CONTROL = 3;
    static final int MODEM_CONTROL = 4;
    static final int LINE_STATUS = 5;
    static final int MODEM_STATUS = 6;
    static final int SCRATCH = 7;

    static final int IER_RECEIVED_DATA = 0x01;
    static final int IER_TRANSMITTER_EMPTY = 0x02;
    static final int IER_LINE_STATUS = 0x04;
    static final int IER_MODEM_STATUS = 0x08;
    static final int IER_ALL = 0x0f;

    static final int IIR_NONE = 0x01;
    static final int IIR_MODEM_STATUS = 0x00;
    static final int IIR_TRANSMITTER_EMPTY = 0x02;
    static final int IIR_RECEIVED_DATA = 0x04;
    static final int IIR_LINE_STATUS = 0x06;
    static final int IIR_CHARACTER_TIMEOUT = 0x0c;
    static final int IIR_FIFOS_ENABLED = 0xc0;

    static final int FCR_ENABLE = 0x01;
    static final int FCR_RESET_RECEIVER = 0x02;

    /** What FCR keeps: enable, DMA mode, trigger level. */
    static final int FCR_KEPT = 0xc9;

    static final int LCR_BREAK = 0x40;
    static final int LCR_DLAB = 0x80;

    static final int MCR_DTR = 0x01;
    static final int MCR_RTS = 0x02;
    static final int MCR_OUT1 = 0x04;
    static final int MCR_OUT2 = 0x08;
    static final int MCR_LOOP = 0x10;
    static final int MCR_ALL = 0x1f;

    static final int LSR_DATA_READY = 0x01;
    static final int LSR_OVERRUN = 0x02;
    static final int LSR_BREAK = 0x10;
    static final int LSR_HOLDING_EMPTY = 0x20;
    static final int LSR_TRANSMITTER_EMPTY = 0x40;
    static final int LSR_ERROR_IN_FIFO = 0x80;

    static final int MSR_CTS = 0x10;
    static final int MSR_DSR = 0x20;
    static final int MSR_RI = 0x40;
    static final int MSR_DCD = 0x80;

    /** MSR bit 2, trailing edge of the ring indicator; the other deltas are level bits >> 4. */
    static final int MSR_RING_ENDED = 0x04;

    private Uart16550Bits() {}
}
