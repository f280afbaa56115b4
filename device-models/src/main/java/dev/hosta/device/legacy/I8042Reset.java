package dev.hosta.device.legacy;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * What is left of the PC's keyboard controller: the reset line, and quick answers for kernels that
 * look for a keyboard.
 *
 * <p>There is no keyboard, and no interrupt. After power-on the output buffer is found full 64
 * times: Linux's driver reads it up to 16 times, concludes that there is no controller (i8042.c,
 * {@code i8042_flush}) and is done after some thirty accesses, where commands without an answer
 * would cost it ten thousand. A driver that reads until the buffer is empty gets there. The input
 * buffer is never full, so a command is never waited for.
 *
 * <p>Commands: 0x20/0x60 command byte, 0xa9/0xab port tests (both fail: nothing is plugged in),
 * 0xaa self test, 0xd0/0xd1 output port (bit 1 is A20, which is kept and masks no address; bit 0
 * low resets), 0xdd/0xdf A20 off and on, 0xf0-0xff pulse the output port (bit 0 low resets, 0xfe).
 * Others are ignored. Source: IBM PC AT Technical Reference, section 1, keyboard controller.
 *
 * <p>Threading: any thread; one lock around the registers. The request is handed over outside it.
 */
public final class I8042Reset implements Device, Stateful<I8042ResetState.V1> {
    /** How often the output buffer is found full after power-on. */
    static final int STALE_BYTES = 64;

    private static final int READ_CONFIGURATION = 0x20;
    private static final int WRITE_CONFIGURATION = 0x60;
    private static final int TEST_AUXILIARY_PORT = 0xa9;
    private static final int SELF_TEST = 0xaa;
    private static final int TEST_KEYBOARD_PORT = 0xab;
    private static final int READ_OUTPUT_PORT = 0xd0;
    private static final int WRITE_OUTPUT_PORT = 0xd1;
    private static final int DISABLE_A20 = 0xdd;
    private static final int ENABLE_A20 = 0xdf;
    private static final int PULSE_OUTPUT_PORT = 0xf0;

    private static final int SELF_TEST_PASSED = 0x55;
    private static final int CLOCK_LINE_STUCK_LOW = 0x01;

    private static final int STATUS_OUTPUT_FULL = 0x01;
    private static final int STATUS_SYSTEM_FLAG = 0x04;
    private static final int STATUS_WAS_COMMAND = 0x08;
    private static final int STATUS_UNLOCKED = 0x10;

    private static final int PORT_NOT_RESET = 0x01;
    private static final int PORT_A20 = 0x02;
    private static final int OUTPUT_PORT_AFTER_POWER_ON = PORT_NOT_RESET | PORT_A20;

    /** System flag (self test passed), both ports disabled. */
    private static final int CONFIGURATION_AFTER_POWER_ON = 0x34;

    private static final int NO_COMMAND = 0;
    private static final int NO_ANSWER = -1;

    private final Consumer<GuestRequest> requests;
    private final Object lock = new Object();
    private int configuration = CONFIGURATION_AFTER_POWER_ON;
    private int outputPort = OUTPUT_PORT_AFTER_POWER_ON;
    private int pendingCommand = NO_COMMAND;
    private int answer = NO_ANSWER;
    private int staleBytes = STALE_BYTES;
    private boolean lastWasCommand;

    /**
     * The controller as after power-on.
     *
     * @param requests takes the guest's request; must not block
     */
    public I8042Reset(Consumer<GuestRequest> requests) {
        this.requests = Objects.requireNonNull(requests);
    }

    /** The data port, one byte; a PC has it at 0x60. */
    public BusDevice dataPort() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                return readData();
            }

            @Override
            public void writeByte(int offset, int value) {
                ask(writeData(value));
            }
        };
    }

    /** The status and command port, one byte; a PC has it at 0x64. */
    public BusDevice commandPort() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                return readStatus();
            }

            @Override
            public void writeByte(int offset, int value) {
                ask(writeCommand(value));
            }
        };
    }

    /** Whether a command is followed by a byte at the data port. */
    static boolean takesData(int command) {
        return command == WRITE_CONFIGURATION || command == WRITE_OUTPUT_PORT;
    }

    private void ask(boolean resets) {
        if (resets) {
            requests.accept(new GuestRequest.Reset("i8042"));
        }
    }

    private int readStatus() {
        synchronized (lock) {
            boolean full = answer != NO_ANSWER || staleBytes > 0;
            return STATUS_UNLOCKED
                    | (full ? STATUS_OUTPUT_FULL : 0)
                    | (configuration & STATUS_SYSTEM_FLAG)
                    | (lastWasCommand ? STATUS_WAS_COMMAND : 0);
        }
    }

    private int readData() {
        synchronized (lock) {
            if (answer != NO_ANSWER) {
                int value = answer;
                answer = NO_ANSWER;
                return value;
            }
            staleBytes = Math.max(0, staleBytes - 1);
            return 0;
        }
    }

    /** Takes a data byte; gives whether it resets. */
    private boolean writeData(int value) {
        synchronized (lock) {
            lastWasCommand = false;
            int command = pendingCommand;
            pendingCommand = NO_COMMAND;
            if (command == WRITE_CONFIGURATION) {
                configuration = value;
            } else if (command == WRITE_OUTPUT_PORT) {
                outputPort = value | PORT_NOT_RESET;
                return (value & PORT_NOT_RESET) == 0;
            }
            return false; // without a command it is for the keyboard, which is not there
        }
    }

    /** Takes a command; gives whether it resets. */
    private boolean writeCommand(int command) {
        synchronized (lock) {
            lastWasCommand = true;
            pendingCommand = takesData(command) ? command : NO_COMMAND;
            switch (command) {
                case READ_CONFIGURATION -> answer = configuration;
                case SELF_TEST -> answer = SELF_TEST_PASSED;
                case TEST_AUXILIARY_PORT, TEST_KEYBOARD_PORT -> answer = CLOCK_LINE_STUCK_LOW;
                case READ_OUTPUT_PORT -> answer = outputPort;
                case DISABLE_A20 -> outputPort &= ~PORT_A20;
                case ENABLE_A20 -> outputPort |= PORT_A20;
                default -> {
                    return command >= PULSE_OUTPUT_PORT && (command & PORT_NOT_RESET) == 0;
                }
            }
            return false;
        }
    }

    @Override
    public void reset() {
        importState(
                new I8042ResetState.V1(
                        CONFIGURATION_AFTER_POWER_ON,
                        OUTPUT_PORT_AFTER_POWER_ON,
                        NO_COMMAND,
                        NO_ANSWER,
                        STALE_BYTES,
                        false));
    }

    @Override
    public StateType<I8042ResetState.V1> stateType() {
        return I8042ResetState.V1.TYPE;
    }

    @Override
    public I8042ResetState.V1 exportState() {
        synchronized (lock) {
            return new I8042ResetState.V1(
                    configuration, outputPort, pendingCommand, answer, staleBytes, lastWasCommand);
        }
    }

    @Override
    public void importState(I8042ResetState.V1 state) {
        synchronized (lock) {
            configuration = state.configuration();
            outputPort = state.outputPort();
            pendingCommand = state.pendingCommand();
            answer = state.answer();
            staleBytes = state.staleBytes();
            lastWasCommand = state.lastWasCommand();
        }
    }
}
