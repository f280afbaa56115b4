package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Objects;

/**
 * The PC's real-time clock and its 128 bytes of CMOS memory: an index port and a data port.
 *
 * <p>The time is the host's in UTC, plus an offset that the guest sets by writing the time; it runs
 * on while the machine is paused. UIP is set for the last 244 us of each second and never longer,
 * so a driver that waits for the end of an update waits at most that. The firmware's bytes that
 * tell the memory size are filled in; all of the memory that is not the clock's keeps what the
 * guest writes, across {@link #reset} too.
 *
 * <p>Not modelled: interrupts (alarm, periodic and update-ended: their registers keep what is
 * written, register C reads 0), the divider of register A, daylight saving. Source: Motorola
 * MC146818A data sheet; the century and memory bytes as PC firmware places them.
 *
 * <p>Threading: any thread; one lock around the registers.
 */
public final class CmosRtc implements ByteRegisters, Device, Stateful<CmosRtcState.V1> {
    /** Index and data port. */
    public static final int SIZE_BYTES = 2;

    /** Bytes behind the data port, the clock's registers included. */
    static final int CELLS = 128;

    /** How far the guest's time may lie from the host's: 20,000 years, more than cells can say. */
    static final long FARTHEST_SECONDS = 20_000L * 366 * 86_400;

    private static final int STATUS_A = 0x0a;
    private static final int STATUS_B = 0x0b;
    private static final int STATUS_C = 0x0c;
    private static final int STATUS_D = 0x0d;

    private static final int UPDATE_IN_PROGRESS = 0x80;
    private static final int A_AFTER_POWER_ON = 0x26; // 32,768 Hz, periodic rate 1,024 Hz
    private static final int B_TIME_STOPPED = 0x80;
    private static final int B_INTERRUPTS_AND_SQUARE_WAVE = 0x78;
    private static final int D_BATTERY_GOOD = 0x80;

    /** 8 cycles of 32,768 Hz before each update. */
    private static final int UPDATE_WARNING_NANOS = 244_141;

    private final InstantSource clock;
    private final Object lock = new Object();
    private final int[] cells = new int[CELLS];
    private int index;
    private int statusA = A_AFTER_POWER_ON;
    private int statusB = CmosTime.HOURS_24;
    private long offsetSeconds;

    /**
     * A clock that shows the host's time.
     *
     * @param clock the host's time
     * @param lowMemoryBytes RAM below 4 GiB, for the firmware's memory bytes
     * @param highMemoryBytes RAM from 4 GiB
     */
    public CmosRtc(InstantSource clock, long lowMemoryBytes, long highMemoryBytes) {
        this.clock = Objects.requireNonNull(clock);
        long kib = lowMemoryBytes >> 10;
        store16(0x15, Math.min(kib, 640));
        long aboveOneMiB = Math.clamp(kib - 1024, 0, 0xffff);
        store16(0x17, aboveOneMiB);
        store16(0x30, aboveOneMiB);
        store16(0x34, Math.clamp((kib - 16 * 1024) / 64, 0, 0xffff));
        long highUnits = highMemoryBytes >> 16;
        store16(0x5b, highUnits & 0xffff);
        cells[0x5d] = (int) (highUnits >> 16) & 0xff;
    }

    @Override
    public int readByte(int offset) {
        synchronized (lock) {
            return offset == 0 ? 0xff : readCell(); // the index port cannot be read
        }
    }

    @Override
    public void writeByte(int offset, int value) {
        synchronized (lock) {
            if (offset == 0) {
                index = value & (CELLS - 1); // bit 7 masks NMIs, of which there are none
            } else {
                writeCell(value);
            }
        }
    }

    private int readCell() {
        return switch (index) {
            case STATUS_A -> statusA | (updateInProgress() ? UPDATE_IN_PROGRESS : 0);
            case STATUS_B -> statusB;
            case STATUS_C -> 0;
            case STATUS_D -> D_BATTERY_GOOD;
            default ->
                    CmosTime.isTime(index) && !stopped()
                            ? CmosTime.encode(now(), index, statusB)
                            : cells[index];
        };
    }

    private void writeCell(int value) {
        switch (index) {
            case STATUS_A -> statusA = value & ~UPDATE_IN_PROGRESS;
            case STATUS_B -> writeStatusB(value);
            case STATUS_C, STATUS_D -> {} // read-only
            default -> {
                if (!CmosTime.isTime(index)) {
                    cells[index] = value;
                } else if (stopped()) {
                    cells[index] = value;
                } else {
                    stopTime();
                    cells[index] = value;
                    startTime();
                }
            }
        }
    }

    private void writeStatusB(int value) {
        boolean wasStopped = stopped();
        boolean stops = (value & B_TIME_STOPPED) != 0;
        if (!wasStopped && stops) {
            stopTime();
        } else if (wasStopped && !stops) {
            startTime(); // in the encoding that was in force while the cells were written
        }
        statusB = value;
    }

    /** Puts the running time into the cells. */
    private void stopTime() {
        LocalDateTime now = now();
        for (int cell = 0; cell < CELLS; cell++) {
            if (CmosTime.isTime(cell)) {
                cells[cell] = CmosTime.encode(now, cell, statusB);
            }
        }
    }

    /** Lets the time run on from the cells. */
    private void startTime() {
        long guestSeconds = CmosTime.decode(cells, statusB).toEpochSecond(ZoneOffset.UTC);
        offsetSeconds =
                Math.clamp(
                        guestSeconds - clock.instant().getEpochSecond(),
                        -FARTHEST_SECONDS,
                        FARTHEST_SECONDS);
    }

    private boolean stopped() {
        return (statusB & B_TIME_STOPPED) != 0;
    }

    private boolean updateInProgress() {
        return !stopped() && clock.instant().getNano() >= 1_000_000_000 - UPDATE_WARNING_NANOS;
    }

    private LocalDateTime now() {
        Instant host = clock.instant();
        return LocalDateTime.ofEpochSecond(
                host.getEpochSecond() + offsetSeconds, 0, ZoneOffset.UTC);
    }

    private void store16(int cell, long value) {
        cells[cell] = (int) value & 0xff;
        cells[cell + 1] = (int) (value >> 8) & 0xff;
    }

    /** As the chip's RESET pin: interrupt enables go, time and memory stay. */
    @Override
    public void reset() {
        synchronized (lock) {
            index = 0;
            statusB &= ~B_INTERRUPTS_AND_SQUARE_WAVE;
        }
    }

    @Override
    public StateType<CmosRtcState.V1> stateType() {
        return CmosRtcState.V1.TYPE;
    }

    @Override
    public CmosRtcState.V1 exportState() {
        synchronized (lock) {
            return new CmosRtcState.V1(
                    index, statusA, statusB, offsetSeconds, Arrays.stream(cells).boxed().toList());
        }
    }

    @Override
    public void importState(CmosRtcState.V1 state) {
        synchronized (lock) {
            index = state.index();
            statusA = state.statusA();
            statusB = state.statusB();
            offsetSeconds = state.offsetSeconds();
            for (int cell = 0; cell < CELLS; cell++) {
                cells[cell] = state.cells().get(cell);
            }
        }
    }
}
