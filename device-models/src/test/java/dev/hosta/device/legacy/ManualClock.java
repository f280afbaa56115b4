package dev.hosta.device.legacy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** A host clock that a test sets. */
final class ManualClock implements InstantSource, LongSupplier {
    private Instant now;

    ManualClock(String now) {
        this.now = Instant.parse(now);
    }

    void advance(Duration by) {
        now = now.plus(by);
    }

    @Override
    public Instant instant() {
        return now;
    }

    /** Nanoseconds from an origin far from 0, as the host's clock may have it. */
    @Override
    public long getAsLong() {
        return Duration.between(Instant.EPOCH, now).toNanos();
    }
}
