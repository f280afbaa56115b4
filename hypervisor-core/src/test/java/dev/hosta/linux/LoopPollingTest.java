package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.Polled;

import org.junit.jupiter.api.Test;

/** What a loop looks at before it sleeps, by a clock that ticks a microsecond a glance. */
class LoopPollingTest {
    private long nowNanos;
    private final Bell bell = new Bell();
    private final LoopPolling polling = loop(2);

    private LoopPolling loop(int cpuCount) {
        LoopPolling made = new LoopPolling(() -> nowNanos += 1_000, cpuCount);
        made.add(bell);
        return made;
    }

    @Test
    void looksOnlyOnceAnEventCameSoon() {
        sleep();
        assertEquals(0, bell.glances, "nothing is known of it");
        wakeAfter(2_000);
        bell.ringAtGlance = bell.glances + 3;
        sleep();
        assertEquals(2, bell.served, "one by the descriptor, one by looking");
    }

    @Test
    void looksNoMoreOnceAnEventCameLate() {
        sleep();
        wakeAfter(2_000);
        sleep();
        assertTrue(bell.glances > 0);
        wakeAfter(LoopPolling.MOST_NANOS + 1);
        bell.glances = 0;
        sleep();
        assertEquals(0, bell.glances);
    }

    @Test
    void neverLooksForLongerThanTheLongestWindow() {
        for (int doublings = 0; doublings < 5; doublings++) {
            sleep();
            wakeAfter(2_000);
        }
        long before = nowNanos;
        sleep();
        long looked = nowNanos - before;
        assertTrue(looked >= LoopPolling.MOST_NANOS, "window grew: " + looked);
        assertTrue(looked <= LoopPolling.MOST_NANOS + 10_000, "and ended: " + looked);
    }

    @Test
    void oneCpuNeverLooks() {
        LoopPolling alone = loop(1);
        alone.look(Runnable::run, () -> false);
        bell.ready = true;
        alone.woken(Runnable::run);
        bell.glances = 0;
        assertFalse(alone.look(Runnable::run, () -> false));
        assertEquals(0, bell.glances);
    }

    @Test
    void nothingIsLostBetweenTheLastGlanceAndSleep() {
        sleep();
        wakeAfter(2_000);
        int served = bell.served;
        bell.ringAtEnd = true;
        sleep();
        assertEquals(served + 1, bell.served);
        assertFalse(bell.begun);
    }

    @Test
    void whatNobodyExpectsIsNotWaitedFor() {
        sleep();
        wakeAfter(2_000);
        bell.expecting = false;
        bell.glances = 0;
        sleep();
        assertEquals(0, bell.glances);
    }

    @Test
    void otherWorkEndsTheLooking() {
        sleep();
        wakeAfter(2_000);
        assertTrue(polling.look(Runnable::run, () -> true), "must not sleep");
        assertFalse(bell.begun, "and everybody tells again");
    }

    @Test
    void descriptorsGetTheirTurnHoweverMuchThereIs() {
        sleep();
        wakeAfter(2_000);
        bell.alwaysReady = true;
        assertTrue(polling.look(Runnable::run, () -> false));
        assertFalse(bell.begun);
    }

    private void sleep() {
        assertFalse(polling.look(Runnable::run, () -> false));
        assertFalse(bell.begun, "whoever sleeps is told");
    }

    private void wakeAfter(long nanos) {
        nowNanos += nanos;
        bell.ready = true;
        polling.woken(Runnable::run);
        assertFalse(bell.ready, "what woke the loop is served");
    }

    private static final class Bell implements Polled {
        private boolean expecting = true;
        private boolean ready;
        private boolean alwaysReady;
        private boolean begun;
        private boolean ringAtEnd;
        private int ringAtGlance = -1;
        private int glances;
        private int served;

        @Override
        public boolean isExpecting() {
            return expecting;
        }

        @Override
        public boolean isReady() {
            if (begun) {
                glances++;
                ready |= glances == ringAtGlance;
            }
            return ready || alwaysReady;
        }

        @Override
        public void serve() {
            ready = false;
            served++;
        }

        @Override
        public void begin() {
            begun = true;
        }

        @Override
        public void end() {
            begun = false;
            ready |= ringAtEnd;
            ringAtEnd = false;
        }
    }
}
