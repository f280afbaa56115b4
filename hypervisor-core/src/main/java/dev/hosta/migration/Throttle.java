package dev.hosta.migration;

import dev.hosta.machine.RunningGuest;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds a guest's vCPUs for a part of each short window, so that it writes less than is sent.
 *
 * <p>Threading: {@link #raise} and {@link #close} by one thread; a thread of its own holds the
 * vCPUs, from the first raise on.
 */
final class Throttle implements AutoCloseable {
    private static final int[] STEPS = {20, 40, 60, 75, 85, 92, 97, 99};
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final RunningGuest guest;
    private final CountDownLatch over = new CountDownLatch(1);
    private int step = -1;
    private volatile int percent;

    Throttle(RunningGuest guest) {
        this.guest = guest;
    }

    /** How much of the time the vCPUs are held. */
    int percent() {
        return percent;
    }

    /** Holds them longer; false where that cannot be. */
    boolean raise() {
        if (step == STEPS.length - 1) {
            return false;
        }
        step++;
        percent = STEPS[step];
        if (step == 0) {
            Thread.ofPlatform().daemon().name("migration-throttle").start(this::hold);
        }
        return true;
    }

    private void hold() {
        try {
            do {
                guest.hold(Duration.ofNanos(WINDOW_NANOS / 100 * percent));
            } while (!over.await(WINDOW_NANOS / 100 * (100 - percent), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets go of the guest, within one window. Idempotent. */
    @Override
    public void close() {
        over.countDown();
    }
}
