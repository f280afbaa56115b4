package dev.hosta.migration;

/**
 * How a migration went, as the source saw it.
 *
 * @param to where the guest is now
 * @param rounds rounds of pages, the last one with the guest paused included
 * @param sentBytes of pages that were sent
 * @param totalNanos from the connection to the guest's running over there
 * @param pauseNanos of the downtime: until the guest stood still and its disks were flushed
 * @param lastPagesNanos of the downtime: the last pages
 * @param stateNanos of the downtime: the state, until the destination was ready
 * @param handOverNanos of the downtime: from there until it ran
 */
public record MigrationReport(
        String to,
        int rounds,
        long sentBytes,
        long totalNanos,
        long pauseNanos,
        long lastPagesNanos,
        long stateNanos,
        long handOverNanos) {
    /** How long the guest stood still. */
    public long downtimeNanos() {
        return pauseNanos + lastPagesNanos + stateNanos + handOverNanos;
    }
}
