package dev.hosta.device.legacy;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.irq.InterruptLine;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.util.Objects;

/**
 * A 16550A serial port, eight byte registers with interrupts and FIFOs in both directions.
 *
 * <p>The line is endlessly fast. A byte that the guest sends is with the {@link ConsoleOutput} when
 * the write returns, so the transmitter is always empty again. Input waits in a queue of 4096
 * characters and enters the receiver up to the trigger level as the guest reads, never beyond, so
 * nothing overruns; the four character times of the time-out interrupt pass at once when no more is
 * queued.
 *
 * <p>Input arrives while the receive interrupt is enabled, or else once the guest polls: when it
 * reads LSR twice with no other register between. So the reads with which drivers clear a port
 * before they use it find it empty and lose nothing that was typed ahead. FIFO resets lose nothing
 * either: what the guest has not read goes back to the line and arrives again.
 *
 * <p>As QEMU's model, and unlike a PC's board, OUT2 does not gate the interrupt. Not modelled: baud
 * rate, parity and word length (bytes pass as they are), DMA mode, a transmit FIFO that fills.
 * Source: National Semiconductor PC16550D data sheet, section 8.
 *
 * <p>Threading: any thread; one lock around the registers. The output is called outside it, so that
 * a slow host holds up neither other vCPUs' accesses nor {@link #offer}; the interrupt line is
 * driven inside it, so that levels arrive in order.
 */
public final class Uart16550 implements ByteRegisters, Device, Stateful<Uart16550State.V1> {
    /** Size of the register block in bytes. */
    public static final int SIZE_BYTES = 8;

    /** Characters of input that wait for the guest at most. */
    public static final int INPUT_CAPACITY = Uart16550Receiver.INPUT_CAPACITY;

    private final ConsoleOutput output;
    private final Object lock = new Object();
    private final Uart16550Receiver receiver = new Uart16550Receiver();
    private final Uart16550Registers registers;
    private volatile Runnable onRoom = () -> {};
    private boolean paused;
    private boolean roomWanted;

    /**
     * A serial port as after power-on.
     *
     * @param line the interrupt, held high while an enabled interrupt is pending
     * @param output takes what the guest sends
     */
    public Uart16550(InterruptLine line, ConsoleOutput output) {
        this.registers = new Uart16550Registers(Objects.requireNonNull(line), receiver);
        this.output = Objects.requireNonNull(output);
    }

    /**
     * Says whom to tell that there is room for input again, after an {@link #offer} that took less
     * than it was given. Set before the guest runs.
     *
     * @param callback called by a vCPU's or the control thread, without the lock, at least half of
     *     the queue being free; must not block. It may come before {@code offer} has returned
     */
    public void onRoom(Runnable callback) {
        onRoom = Objects.requireNonNull(callback);
    }

    /**
     * Queues input for the guest, as if it arrived on the wire. While paused nothing is taken.
     *
     * @param from holds the bytes
     * @param offset index of the first
     * @param length how many
     * @return how many were taken, 0..length; where that is less than {@code length}, the {@link
     *     #onRoom} callback comes later, and the caller offers the rest again
     */
    public int offer(byte[] from, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, from.length);
        synchronized (lock) {
            int taken = paused ? 0 : Math.min(length, receiver.room());
            for (int i = 0; i < taken; i++) {
                receiver.enqueue(from[offset + i] & 0xff);
            }
            roomWanted |= taken < length;
            arrive();
            return taken;
        }
    }

    /**
     * Queues a break condition for the guest, behind the input that waits. Linux takes one as the
     * start of a SysRq.
     *
     * @return whether it was taken; like {@link #offer}
     */
    public boolean offerBreak() {
        synchronized (lock) {
            boolean taken = !paused && receiver.room() > 0;
            if (taken) {
                receiver.enqueue(Uart16550Receiver.BREAK);
            }
            roomWanted |= !taken;
            arrive();
            return taken;
        }
    }

    @Override
    public int readByte(int offset) {
        int value;
        boolean room;
        synchronized (lock) {
            value = registers.read(offset);
            room = noticeRoom();
        }
        if (room) {
            onRoom.run();
        }
        return value;
    }

    @Override
    public void writeByte(int offset, int value) {
        boolean transmits;
        boolean room;
        synchronized (lock) {
            transmits = registers.write(offset, value);
            room = noticeRoom();
        }
        if (transmits) {
            output.write(value);
            synchronized (lock) {
                registers.transmitted();
            }
        }
        if (room) {
            onRoom.run();
        }
    }

    @Override
    public void pause() {
        synchronized (lock) {
            paused = true;
        }
    }

    @Override
    public void resume() {
        boolean room;
        synchronized (lock) {
            paused = false;
            room = noticeRoom();
        }
        if (room) {
            onRoom.run();
        }
    }

    /** Puts the registers as after power-on; what the host queued stays on the line. */
    @Override
    public void reset() {
        synchronized (lock) {
            registers.reset();
        }
    }

    @Override
    public StateType<Uart16550State.V1> stateType() {
        return Uart16550State.V1.TYPE;
    }

    @Override
    public Uart16550State.V1 exportState() {
        synchronized (lock) {
            return registers.state();
        }
    }

    /** Takes over a state and drives the interrupt line to the level that follows from it. */
    @Override
    public void importState(Uart16550State.V1 state) {
        synchronized (lock) {
            registers.restore(state);
        }
    }

    /** Lets what was offered in; while paused nothing was, so registers and line stay. */
    private void arrive() {
        if (!paused) {
            registers.receive();
        }
    }

    private boolean noticeRoom() {
        boolean room = roomWanted && !paused && receiver.room() >= INPUT_CAPACITY / 2;
        if (room) {
            roomWanted = false;
        }
        return room;
    }
}
