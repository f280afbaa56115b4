package dev.hosta.migration;

import java.util.List;

/**
 * How a migration went, as the source saw it.
 *
 * @param to where the guest is now
 * @param rounds rounds of pages, the last one with the guest paused included
 * @param ramBytes size of the guest's RAM
 * @param sentBytes of pages that were sent
 * @param totalNanos from the connection to the guest's running over there
 * @param downtime how long the guest stood still
 */
public record MigrationReport(
        String to,
        List<MigrationRound> rounds,
        long ramBytes,
        long sentBytes,
        long totalNanos,
        Downtime downtime) {
    /** Copies the list. */
    public MigrationReport {
        rounds = List.copyOf(rounds);
    }

    /**
     * How long the guest stood still, by what was done meanwhile.
     *
     * @param pauseNanos until it stood still, its disks were flushed, and its state was taken
     * @param lastPagesNanos until the last pages were sent
     * @param stateNanos until the state was over there, and taken over
     * @param handOverNanos of writing down and telling that the guest is the destination's
     * @param resumeNanos until it ran over there, as the destination measured it
     */
    public record Downtime(
            long pauseNanos,
            long lastPagesNanos,
            long stateNanos,
            long handOverNanos,
            long resumeNanos) {
        /** All of it. */
        public long nanos() {
            return pauseNanos + lastPagesNanos + stateNanos + handOverNanos + resumeNanos;
        }
    }
}
