package dev.hosta.device.virtio;

import dev.hosta.device.backend.Alarm;

import java.util.Optional;

/**
 * Holds a device's work back so that it keeps a rate of operations and of bytes, without blocking:
 * work that must wait stays where it is, and the alarm has the device look again.
 *
 * <p>Threading: the device's thread.
 */
public final class RateLimit {
    /**
     * Rates and bursts.
     *
     * @param operationsPerSecond operations a second; 0 for no limit
     * @param burstOperations how many go through at once after a rest; 0 for as many as in a second
     * @param bytesPerSecond bytes a second; 0 for no limit
     * @param burstBytes how many go through at once after a rest; 0 for as many as in a second
     */
    public record Rate(
            long operationsPerSecond, long burstOperations, long bytesPerSecond, long burstBytes) {
        /** No limit. */
        public static final Rate UNLIMITED = new Rate(0, 0, 0, 0);

        /** Checks that nothing is negative. */
        public Rate {
            if (Math.min(operationsPerSecond, burstOperations) < 0
                    || Math.min(bytesPerSecond, burstBytes) < 0) {
                throw new IllegalArgumentException(
                        "Rates and bursts must be 0 or more: operationsPerSecond="
                                + operationsPerSecond
                                + ", burstOperations="
                                + burstOperations
                                + ", bytesPerSecond="
                                + bytesPerSecond
                                + ", burstBytes="
                                + burstBytes);
            }
        }
    }

    private static final RateLimit NONE =
            new RateLimit(Optional.empty(), Optional.empty(), Optional.empty(), () -> {});

    private final Optional<TokenBucket> operations;
    private final Optional<TokenBucket> bytes;
    private final Optional<Alarm> alarm;
    private final Runnable again;

    /**
     * A limit that was at rest.
     *
     * @param rate how much may go through
     * @param alarm belongs to this limit
     * @param again has the device look for work again
     */
    public RateLimit(Rate rate, Alarm alarm, Runnable again) {
        this(
                bucket(rate.operationsPerSecond(), rate.burstOperations(), alarm),
                bucket(rate.bytesPerSecond(), rate.burstBytes(), alarm),
                Optional.of(alarm),
                again);
    }

    private RateLimit(
            Optional<TokenBucket> operations,
            Optional<TokenBucket> bytes,
            Optional<Alarm> alarm,
            Runnable again) {
        this.operations = operations;
        this.bytes = bytes;
        this.alarm = alarm;
        this.again = again;
    }

    /** What holds nothing back. */
    public static RateLimit none() {
        return NONE;
    }

    private static Optional<TokenBucket> bucket(long perSecond, long burst, Alarm alarm) {
        return perSecond == 0
                ? Optional.empty()
                : Optional.of(
                        new TokenBucket(
                                perSecond, burst == 0 ? perSecond : burst, alarm.nowNanos()));
    }

    /**
     * Whether one operation must wait; the device is then called again when it need not.
     *
     * @param lengthBytes what it will move; 0 where that is not known, so that it waits only for
     *     what earlier ones took too much
     */
    public boolean holdsBack(long lengthBytes) {
        if (operations.isEmpty() && bytes.isEmpty()) {
            return false;
        }
        Alarm clock = alarm.orElseThrow();
        long now = clock.nowNanos();
        long delayNanos = 0;
        if (operations.isPresent()) {
            delayNanos = operations.get().delayNanos(1, now);
        }
        if (bytes.isPresent()) {
            delayNanos = Math.max(delayNanos, bytes.get().delayNanos(lengthBytes, now));
        }
        if (delayNanos == 0) {
            return false;
        }
        clock.set(delayNanos, again);
        return true;
    }

    /** One operation that was not held back goes through, with what it moves. */
    public void take(long lengthBytes) {
        operations.ifPresent(bucket -> bucket.take(1));
        bytes.ifPresent(bucket -> bucket.take(lengthBytes));
    }

    /** Calls nobody again: there is no work, or no device. */
    public void forget() {
        alarm.ifPresent(Alarm::cancel);
    }
}
