package dev.hosta.migration;

import java.time.Duration;

/**
 * What a migration is asked for.
 *
 * @param to where the destination listens
 * @param downtime how long the guest may stand still; pages are copied while it runs until the rest
 *     fits, or no round makes it less
 * @param timeout how long that may take; the guest runs on here after it
 * @param handOver how long the destination has to answer once the guest is handed over
 */
public record MigrationOptions(
        MigrationAddress to, Duration downtime, Duration timeout, Duration handOver) {
    /** The downtime that is asked for where nobody says otherwise. */
    public static final Duration DOWNTIME = Duration.ofMillis(50);

    /** The time that a migration has where nobody says otherwise. */
    public static final Duration TIMEOUT = Duration.ofHours(1);

    /** The time that a destination has to answer. */
    public static final Duration HAND_OVER = Duration.ofSeconds(30);

    /** With the default times. */
    public MigrationOptions(MigrationAddress to) {
        this(to, DOWNTIME, TIMEOUT, HAND_OVER);
    }
}
