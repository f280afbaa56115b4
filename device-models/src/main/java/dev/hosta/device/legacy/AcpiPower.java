package dev.hosta.device.legacy;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.irq.InterruptLine;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The fixed hardware of ACPI: power button, power-off, and the PM timer; and its general purpose
 * events.
 *
 * <pre>
 *  offset size
 *       0    2 PM1_STS   a bit is cleared by writing 1; bit 8 PWRBTN_STS
 *       2    2 PM1_EN    bit 8 PWRBTN_EN; bits 0, 5, 9, 10 are kept and nothing raises their events
 *       4    2 PM1_CNT   bit 0 SCI_EN always 1; bits 10-12 SLP_TYP; bit 13 SLP_EN, write-only
 *       6    2 nothing   reads 0
 *       8    4 PM_TMR    32 bits, 3.579545 MHz, read-only
 *      12    2 GPE0_STS  one bit an event, cleared by writing 1
 *      14    2 GPE0_EN   one bit an event
 * </pre>
 *
 * <p>SLP_EN with SLP_TYP 0 is S5 and powers off; other sleep types are not offered by the tables
 * and do nothing. The machine is always in ACPI mode, so the FADT has no SMI command. The SCI is
 * level-triggered and high while an enabled event is pending. The timer stands still while the
 * machine is paused; its overflow sets no status bit, as the register's 32 bits (TMR_VAL_EXT) let
 * kernels do without. What a general purpose event means is said by the method of its number in the
 * ACPI tables. Source: ACPI specification 6.5, sections 4.8.3 and 4.8.4.1.
 *
 * <p>Threading: any thread; one lock around the registers, the SCI is driven inside it. The request
 * is handed over outside it.
 */
public final class AcpiPower implements BusDevice, Device, Stateful<AcpiPowerState.V2> {
    /** Size of the register block in bytes. */
    public static final int SIZE_BYTES = 16;

    /** Where PM1a_EVT_BLK lies in the block; 4 bytes. */
    public static final int EVENT_OFFSET = 0;

    /** Where PM1a_CNT_BLK lies in the block; 2 bytes. */
    public static final int CONTROL_OFFSET = 4;

    /** Where PM_TMR_BLK lies in the block; 4 bytes. */
    public static final int TIMER_OFFSET = 8;

    /** Where GPE0_BLK lies in the block; 4 bytes. */
    public static final int GENERAL_EVENT_OFFSET = 12;

    /** General purpose events: 0..15. */
    public static final int GENERAL_EVENTS = 16;

    /** Bits that PM1_STS can have: timer, global lock, the two buttons, RTC. */
    static final int STATUS_BITS = 0x0721;

    /** Bits that PM1_EN can have. */
    static final int ENABLE_BITS = 0x0721;

    /** Bits that GPE0_STS and GPE0_EN can have. */
    static final int EVENT_BITS = (1 << GENERAL_EVENTS) - 1;

    /** Bits that PM1_CNT keeps: BM_RLD and SLP_TYP. */
    static final int CONTROL_BITS = 0x1c02;

    private static final int POWER_BUTTON = 0x0100;
    private static final int SCI_ENABLED = 0x0001;
    private static final int SLEEP_ENABLE = 0x2000;
    private static final int SLEEP_TYPE = 0x1c00;
    private static final int SLEEP_TYPE_S5 = 0x0000;
    private static final long TIMER_HZ = 3_579_545;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final InterruptLine sci;
    private final LongSupplier nanoClock;
    private final Consumer<GuestRequest> requests;
    private final Object lock = new Object();
    private int status;
    private int enable;
    private int control;
    private int eventStatus;
    private int eventEnable;
    private boolean paused;
    private long timerNanos;
    private long timerSince;

    /**
     * The registers as after power-on; the timer runs from here.
     *
     * @param sci the system control interrupt
     * @param nanoClock the host's time in nanoseconds from any origin, e.g. {@code
     *     System::nanoTime}
     * @param requests takes the guest's request; must not block
     */
    public AcpiPower(InterruptLine sci, LongSupplier nanoClock, Consumer<GuestRequest> requests) {
        this.sci = Objects.requireNonNull(sci);
        this.nanoClock = Objects.requireNonNull(nanoClock);
        this.requests = Objects.requireNonNull(requests);
        this.timerSince = nanoClock.getAsLong();
    }

    /**
     * Presses the power button: asks the guest to shut down.
     *
     * @return whether the guest listens; where it does not, the event waits until it does
     */
    public boolean pressPowerButton() {
        synchronized (lock) {
            status |= POWER_BUTTON;
            update();
            return (enable & POWER_BUTTON) != 0;
        }
    }

    /**
     * Raises a general purpose event.
     *
     * @param number 0..15
     * @return whether the guest listens; where it does not, the event waits until it does
     */
    public boolean raiseEvent(int number) {
        int bit = 1 << Objects.checkIndex(number, GENERAL_EVENTS);
        synchronized (lock) {
            eventStatus |= bit;
            update();
            return (eventEnable & bit) != 0;
        }
    }

    @Override
    public long read(long offset, int widthBytes) {
        synchronized (lock) {
            long low = (long) (control | SCI_ENABLED) << 32 | (long) enable << 16 | status;
            long value = 0;
            long high = (long) eventEnable << 48 | (long) eventStatus << 32 | timer();
            for (int i = widthBytes - 1; i >= 0; i--) {
                long at = offset + i;
                long piece = (at < TIMER_OFFSET ? low : high) >>> (8 * (at & 7));
                value = value << 8 | (piece & 0xff);
            }
            return value;
        }
    }

    @Override
    public void write(long offset, int widthBytes, long value) {
        boolean powersOff = false;
        synchronized (lock) {
            for (int i = 0; i < widthBytes; i++) {
                powersOff |= writeByte((int) offset + i, (int) (value >>> (8 * i)) & 0xff);
            }
            update();
        }
        if (powersOff) {
            requests.accept(new GuestRequest.PowerOff());
        }
    }

    /** Takes one byte; gives whether it asks to power off. */
    private boolean writeByte(int offset, int value) {
        int shift = 8 * (offset & 1);
        int mask = 0xff << shift;
        int bits = value << shift;
        switch (offset & ~1) {
            case EVENT_OFFSET -> status &= ~bits;
            case EVENT_OFFSET + 2 -> enable = (enable & ~mask | bits) & ENABLE_BITS;
            case CONTROL_OFFSET -> {
                control = (control & ~mask | bits) & CONTROL_BITS;
                return (bits & SLEEP_ENABLE) != 0 && (control & SLEEP_TYPE) == SLEEP_TYPE_S5;
            }
            case GENERAL_EVENT_OFFSET -> eventStatus &= ~bits;
            case GENERAL_EVENT_OFFSET + 2 ->
                    eventEnable = (eventEnable & ~mask | bits) & EVENT_BITS;
            default -> {} // reserved, or the timer, which is read-only
        }
        return false;
    }

    private void update() {
        sci.set((status & enable | eventStatus & eventEnable) != 0);
    }

    private long elapsedNanos() {
        return paused ? timerNanos : timerNanos + (nanoClock.getAsLong() - timerSince);
    }

    private long timer() {
        long nanos = elapsedNanos();
        long ticks =
                nanos / NANOS_PER_SECOND * TIMER_HZ
                        + nanos % NANOS_PER_SECOND * TIMER_HZ / NANOS_PER_SECOND;
        return ticks & 0xffff_ffffL;
    }

    @Override
    public void pause() {
        synchronized (lock) {
            timerNanos = elapsedNanos();
            paused = true;
        }
    }

    @Override
    public void resume() {
        synchronized (lock) {
            if (paused) {
                timerSince = nanoClock.getAsLong();
                paused = false;
            }
        }
    }

    @Override
    public void reset() {
        importState(new AcpiPowerState.V2(0, 0, 0, 0, 0, 0));
    }

    @Override
    public StateType<AcpiPowerState.V2> stateType() {
        return AcpiPowerState.V2.TYPE;
    }

    @Override
    public AcpiPowerState.V2 exportState() {
        synchronized (lock) {
            return new AcpiPowerState.V2(
                    status, enable, control, elapsedNanos(), eventStatus, eventEnable);
        }
    }

    /** Takes over a state and drives the SCI to the level that follows from it. */
    @Override
    public void importState(AcpiPowerState.V2 state) {
        synchronized (lock) {
            status = state.status();
            enable = state.enable();
            control = state.control();
            eventStatus = state.eventStatus();
            eventEnable = state.eventEnable();
            timerNanos = state.timerNanos();
            timerSince = nanoClock.getAsLong();
            update();
        }
    }
}
