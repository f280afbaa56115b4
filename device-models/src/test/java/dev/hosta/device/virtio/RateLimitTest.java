package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.Alarm;
import dev.hosta.device.backend.ManualAlarm;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Limits of operations and bytes, and alarms that share one. */
class RateLimitTest {
    private static final long MILLI = 1_000_000;

    private final ManualAlarm alarm = new ManualAlarm();
    private final List<String> rung = new ArrayList<>();

    private int letThrough(RateLimit limit, int lengthBytes) {
        int count = 0;
        while (count < 1000 && !limit.holdsBack(lengthBytes)) {
            limit.take(lengthBytes);
            count++;
        }
        return count;
    }

    @Test
    void theLowerOfBothRatesHolds() {
        RateLimit limit =
                new RateLimit(
                        new RateLimit.Rate(100, 10, 1000, 1000), alarm, () -> rung.add("again"));
        assertEquals(10, letThrough(limit, 1));
        assertTrue(alarm.isSet());
        alarm.advance(10 * MILLI);
        assertEquals(List.of("again"), rung);
        assertEquals(1, letThrough(limit, 1));
        alarm.advance(1000 * MILLI);
        assertEquals(2, letThrough(limit, 500));
        limit.forget();
        assertFalse(alarm.isSet());
    }

    @Test
    void whatIsNotKnownBeforehandIsPaidAfterwards() {
        RateLimit limit = new RateLimit(new RateLimit.Rate(0, 0, 1000, 0), alarm, () -> {});
        assertFalse(limit.holdsBack(0));
        limit.take(3000);
        assertTrue(limit.holdsBack(0));
        alarm.advance(1999 * MILLI);
        assertTrue(limit.holdsBack(0));
        alarm.advance(2 * MILLI);
        assertFalse(limit.holdsBack(0));
    }

    @Test
    void noLimitHoldsNothingBack() {
        assertEquals(1000, letThrough(RateLimit.none(), 1 << 30));
        RateLimit unlimited = new RateLimit(RateLimit.Rate.UNLIMITED, alarm, () -> {});
        assertEquals(1000, letThrough(unlimited, 1 << 30));
        RateLimit.none().forget();
        assertThrows(IllegalArgumentException.class, () -> new RateLimit.Rate(-1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new RateLimit.Rate(0, 0, 0, -1));
    }

    @Test
    void alarmsThatShareOneRingByThemselves() {
        SharedAlarm shared = new SharedAlarm(alarm);
        Alarm first = shared.share();
        Alarm second = shared.share();
        first.set(5 * MILLI, () -> rung.add("first"));
        second.set(2 * MILLI, () -> rung.add("second"));
        alarm.advance(3 * MILLI);
        assertEquals(List.of("second"), rung);
        second.set(10 * MILLI, () -> rung.add("late"));
        alarm.advance(3 * MILLI);
        assertEquals(List.of("second", "first"), rung);
        second.cancel();
        assertFalse(alarm.isSet());
        first.set(
                MILLI,
                () -> {
                    rung.add("and");
                    first.set(MILLI, () -> rung.add("again"));
                });
        first.set(MILLI, () -> first.set(MILLI, () -> rung.add("replaced")));
        alarm.advance(2 * MILLI);
        assertEquals(List.of("second", "first", "replaced"), rung);
        assertEquals(alarm.nowNanos(), second.nowNanos());
    }
}
