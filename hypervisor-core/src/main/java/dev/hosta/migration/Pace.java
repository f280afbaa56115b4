package dev.hosta.migration;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps what is sent below a rate.
 *
 * <p>Threading: one thread.
 */
final class Pace {
    /** What may be sent late is made up for within so long; more is lost. */
    private static final long MOST_CREDIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final long bytesPerSecond;
    private long freeAt = System.nanoTime();

    /** A rate; 0 is none. */
    Pace(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Returns once more may be sent. */
    void sent(long bytes) {
        if (bytesPerSecond == 0) {
            return;
        }
        long now = System.nanoTime();
        if (now - freeAt > MOST_CREDIT_NANOS) {
            freeAt = now - MOST_CREDIT_NANOS;
        }
        freeAt += (long) ((double) bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        for (long left = freeAt - now; left > 0; left = freeAt - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new MigrationException("The migration was interrupted.");
            }
        }
    }
}
