package dev.hosta.migration;

import java.time.Duration;
import java.util.Optional;

/**
 * What a migration is asked for.
 *
 * @param to where the destination listens
 * @param downtime how long the guest may stand still; pages are copied while it runs until the rest
 *     fits
 * @param timeout how long that may take
 * @param onTimeout what is done when it takes longer, or no throttling makes the rest fit
 * @param handOver how long the destination has to answer once the guest is handed over
 * @param bytesPerSecond how much may be sent while the guest runs; 0 is without a limit
 * @param transport how pages go over
 * @param tls who this side is, and whom it trusts; empty sends in plain
 */
public record MigrationOptions(
        MigrationAddress to,
        Duration downtime,
        Duration timeout,
        OnTimeout onTimeout,
        Duration handOver,
        long bytesPerSecond,
        Transport transport,
        Optional<? extends Encryption> tls) {
    /** The downtime that is asked for where nobody says otherwise. */
    public static final Duration DOWNTIME = Duration.ofMillis(50);

    /** The time that a migration has where nobody says otherwise. */
    public static final Duration TIMEOUT = Duration.ofHours(1);

    /** The time that a destination has to answer. */
    public static final Duration HAND_OVER = Duration.ofSeconds(30);

    /** What is done with a guest that writes faster than its pages are sent. */
    public enum OnTimeout {
        /** It runs on here. */
        CANCEL,
        /** It is stopped and sent, however long that takes. */
        FORCE
    }

    /** Checks the rate. */
    public MigrationOptions {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("bytesPerSecond=" + bytesPerSecond);
        }
    }

    /** With the default times, without a limit, over one connection, in plain. */
    public MigrationOptions(MigrationAddress to) {
        this(
                to,
                DOWNTIME,
                TIMEOUT,
                OnTimeout.CANCEL,
                HAND_OVER,
                0,
                Transport.PLAIN,
                Optional.empty());
    }

    /** With other times. */
    public MigrationOptions withTimes(Duration down, Duration whole, Duration answer) {
        return new MigrationOptions(
                to, down, whole, onTimeout, answer, bytesPerSecond, transport, tls);
    }

    /** With another end of a migration that takes too long. */
    public MigrationOptions withOnTimeout(OnTimeout other) {
        return new MigrationOptions(
                to, downtime, timeout, other, handOver, bytesPerSecond, transport, tls);
    }

    /** With another limit, in bytes a second. */
    public MigrationOptions withBytesPerSecond(long rate) {
        return new MigrationOptions(
                to, downtime, timeout, onTimeout, handOver, rate, transport, tls);
    }

    /** With another way for the pages. */
    public MigrationOptions withTransport(Transport other) {
        return new MigrationOptions(
                to, downtime, timeout, onTimeout, handOver, bytesPerSecond, other, tls);
    }

    /** Over TLS. */
    public MigrationOptions withTls(Encryption by) {
        return new MigrationOptions(
                to,
                downtime,
                timeout,
                onTimeout,
                handOver,
                bytesPerSecond,
                transport,
                Optional.of(by));
    }
}
