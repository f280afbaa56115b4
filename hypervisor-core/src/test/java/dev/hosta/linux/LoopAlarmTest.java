package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.Alarm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

@Timeout(60)
final class LoopAlarmTest {
    private static final long MILLI_NANOS = 1_000_000L;

    private final BlockingQueue<String> rings = new LinkedBlockingQueue<>();

    private void ring(String name) {
        rings.add(name + " on " + Thread.currentThread().getName());
    }

    @Test
    void ringsOnceInTimeOnTheLoopsThread() throws Exception {
        try (EventLoop loop = EventLoop.start("alarm-test", (t, e) -> rings.add(e.toString()))) {
            Alarm alarm = loop.newAlarm();
            long start = alarm.nowNanos();
            loop.execute(() -> alarm.set(30 * MILLI_NANOS, () -> ring("late")));
            assertEquals("late on alarm-test", rings.poll(30, TimeUnit.SECONDS));
            assertTrue(alarm.nowNanos() - start >= 30 * MILLI_NANOS);
            loop.execute(() -> alarm.set(0, () -> ring("at once")));
            assertEquals("at once on alarm-test", rings.poll(30, TimeUnit.SECONDS));
            assertNull(rings.poll());
        }
    }

    @Test
    void theLastSettingHoldsAndCancelForgetsIt() throws Exception {
        try (EventLoop loop = EventLoop.start("alarm-test", (t, e) -> rings.add(e.toString()))) {
            Alarm first = loop.newAlarm();
            Alarm second = loop.newAlarm();
            loop.execute(
                    () -> {
                        first.set(MILLI_NANOS, () -> ring("replaced"));
                        first.set(2 * MILLI_NANOS, () -> ring("cancelled"));
                        first.cancel();
                        first.set(0, () -> ring("replaced too"));
                        first.set(5 * MILLI_NANOS, () -> ring("first"));
                        second.set(60 * MILLI_NANOS, () -> ring("second"));
                    });
            assertEquals("first on alarm-test", rings.poll(30, TimeUnit.SECONDS));
            assertEquals("second on alarm-test", rings.poll(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void anAlarmMaySetItselfAgain() throws Exception {
        try (EventLoop loop = EventLoop.start("alarm-test", (t, e) -> rings.add(e.toString()))) {
            Alarm alarm = loop.newAlarm();
            loop.execute(() -> again(alarm, 3));
            for (int i = 3; i >= 0; i--) {
                assertEquals(i + " on alarm-test", rings.poll(30, TimeUnit.SECONDS));
            }
        }
    }

    private void again(Alarm alarm, int left) {
        ring(Integer.toString(left));
        if (left > 0) {
            alarm.set(MILLI_NANOS, () -> again(alarm, left - 1));
        }
    }
}
