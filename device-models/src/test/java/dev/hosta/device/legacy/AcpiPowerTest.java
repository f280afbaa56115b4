package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeInterruptLine;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

class AcpiPowerTest implements StatefulContract<AcpiPower, AcpiPowerState.V2> {
    private static final int STATUS = 0;
    private static final int ENABLE = 2;
    private static final int CONTROL = AcpiPower.CONTROL_OFFSET;
    private static final int EVENT_STATUS = AcpiPower.GENERAL_EVENT_OFFSET;
    private static final int EVENT_ENABLE = EVENT_STATUS + 2;
    private static final int TIMER = AcpiPower.TIMER_OFFSET;

    private final ManualClock clock = new ManualClock("2026-01-01T00:00:00Z");
    private final FakeInterruptLine sci = new FakeInterruptLine();
    private final List<GuestRequest> requests = new ArrayList<>();
    private final AcpiPower power = new AcpiPower(sci, clock, requests::add);

    @Test
    void sleepEnableWithTypeZeroPowersOff() {
        power.write(CONTROL, 2, 0x0001);
        power.write(CONTROL, 2, 0x0400 | 0x2000);
        assertTrue(requests.isEmpty());
        assertEquals(0x0401, power.read(CONTROL, 2));
        power.write(CONTROL, 2, 0x2001);
        assertEquals(List.of(new GuestRequest.PowerOff()), requests);
        assertEquals(0x0001, power.read(CONTROL, 2));
        power.write(CONTROL + 1, 1, 0x20);
        assertEquals(2, requests.size());
    }

    @Test
    void thePowerButtonRaisesTheSciWhileEnabledUntilItIsCleared() {
        assertFalse(power.pressPowerButton());
        assertFalse(sci.isHigh());
        assertEquals(0x0100, power.read(STATUS, 2));
        power.write(ENABLE, 2, 0x0120);
        assertTrue(sci.isHigh());
        assertEquals(0x0120_0100, power.read(STATUS, 4));
        power.write(STATUS, 2, 0x0001);
        assertTrue(sci.isHigh());
        power.write(STATUS, 2, 0x0100);
        assertFalse(sci.isHigh());
        assertTrue(power.pressPowerButton());
        assertTrue(sci.isHigh());
        power.write(ENABLE, 2, 0x0000);
        assertFalse(sci.isHigh());
    }

    @Test
    void bytesReachTheirHalves() {
        power.write(ENABLE + 1, 1, 0x01);
        assertEquals(0x0100, power.read(ENABLE, 2));
        power.write(ENABLE, 1, 0x21);
        assertEquals(0x0121, power.read(ENABLE, 2));
        power.write(ENABLE, 2, 0xffff);
        assertEquals(0x0721, power.read(ENABLE, 2));
        power.pressPowerButton();
        power.write(STATUS, 1, 0xff);
        assertEquals(0x01, power.read(STATUS + 1, 1));
        assertEquals(0x0001_0721_0100L, power.read(STATUS, 8));
    }

    @Test
    void theTimerCountsAt3579545Hertz() {
        assertEquals(0, power.read(TIMER, 4));
        clock.advance(Duration.ofSeconds(1));
        assertEquals(3_579_545, power.read(TIMER, 4));
        clock.advance(Duration.ofNanos(280));
        assertEquals(3_579_546, power.read(TIMER, 4));
        assertEquals(3_579_546 >> 8 & 0xff, power.read(TIMER + 1, 1));
        power.write(TIMER, 4, 0);
        assertEquals(3_579_546, power.read(TIMER, 4));
        clock.advance(Duration.ofDays(10_000));
        long ticks = 864_000_000L * 3_579_545 + 3_579_546;
        assertEquals(ticks & 0xffff_ffffL, power.read(TIMER, 4));
    }

    @Test
    void theTimerStandsStillWhilePaused() {
        clock.advance(Duration.ofSeconds(1));
        power.pause();
        clock.advance(Duration.ofHours(1));
        assertEquals(3_579_545, power.read(TIMER, 4));
        power.resume();
        clock.advance(Duration.ofSeconds(1));
        assertEquals(2 * 3_579_545, power.read(TIMER, 4));
    }

    @Test
    void aRestoredTimerRunsOnFromWhereItWas() {
        clock.advance(Duration.ofSeconds(3));
        power.pause();
        AcpiPower other = new AcpiPower(sci, clock, requests::add);
        other.importState(power.exportState());
        clock.advance(Duration.ofSeconds(1));
        assertEquals(4 * 3_579_545, other.read(TIMER, 4));
    }

    @Test
    void aRestoredEventRaisesTheSci() {
        power.write(ENABLE, 2, 0x0100);
        power.pressPowerButton();
        FakeInterruptLine otherSci = new FakeInterruptLine();
        AcpiPower other = new AcpiPower(otherSci, clock, requests::add);
        other.importState(power.exportState());
        assertTrue(otherSci.isHigh());
        other.reset();
        assertFalse(otherSci.isHigh());
    }

    @Test
    void aGeneralEventRaisesTheSciWhileEnabledUntilItIsCleared() {
        assertFalse(power.raiseEvent(9));
        assertFalse(sci.isHigh());
        assertEquals(0x0200, power.read(EVENT_STATUS, 2));
        assertEquals(0x02, power.read(EVENT_STATUS + 1, 1));
        power.write(EVENT_ENABLE + 1, 1, 0x02);
        assertTrue(sci.isHigh());
        assertEquals(0x0200_0200, power.read(EVENT_STATUS, 4));
        assertEquals(0x0200_0200_0000_0000L, power.read(TIMER, 8));
        power.write(EVENT_STATUS, 1, 0xff);
        assertTrue(sci.isHigh());
        power.write(EVENT_STATUS, 2, 0x0200);
        assertFalse(sci.isHigh());
        assertTrue(power.raiseEvent(9));
        assertTrue(sci.isHigh());
        power.write(EVENT_ENABLE, 2, 0);
        assertFalse(sci.isHigh());
        assertThrows(IndexOutOfBoundsException.class, () -> power.raiseEvent(16));
    }

    @Test
    void anOlderStateHasNoGeneralEvents() {
        assertEquals(
                new AcpiPowerState.V2(0x100, 0x20, 2, 5, 0, 0),
                new AcpiPowerState.V1(0x100, 0x20, 2, 5).latest());
        assertThrows(InvalidStateException.class, () -> new AcpiPowerState.V1(0, 2, 0, 0));
    }

    @Override
    public AcpiPower newDevice() {
        return new AcpiPower(new FakeInterruptLine(), clock, request -> {});
    }

    @Override
    public List<Consumer<AcpiPower>> drives() {
        return List.of(
                device -> {
                    device.write(ENABLE, 2, 0x0100);
                    device.pressPowerButton();
                    device.write(CONTROL, 2, 0x1402);
                    device.raiseEvent(3);
                    device.write(EVENT_ENABLE, 2, 0x8001);
                    clock.advance(Duration.ofMillis(1500));
                });
    }

    @Override
    public Map<String, Supplier<AcpiPowerState.V2>> brokenStates() {
        return Map.of(
                "status", () -> new AcpiPowerState.V2(0x0800, 0, 0, 0, 0, 0),
                "enable", () -> new AcpiPowerState.V2(0, 2, 0, 0, 0, 0),
                "control", () -> new AcpiPowerState.V2(0, 0, 0x2000, 0, 0, 0),
                "timerNanos", () -> new AcpiPowerState.V2(0, 0, 0, -1, 0, 0),
                "eventStatus", () -> new AcpiPowerState.V2(0, 0, 0, 0, 1 << 16, 0),
                "eventEnable", () -> new AcpiPowerState.V2(0, 0, 0, 0, 0, 1 << 16));
    }
}
