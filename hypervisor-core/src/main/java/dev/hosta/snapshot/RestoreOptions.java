package dev.hosta.snapshot;

/**
 * How a machine is resumed.
 *
 * @param prefault whether all of its memory is loaded before it runs, instead of page by page
 * @param trusted whether the memory's checksums are not compared: for a form that this host wrote
 *     and nobody else could change
 * @param clock what the guest's clock shows
 */
public record RestoreOptions(boolean prefault, boolean trusted, ClockChoice clock) {
    /** Checked, and loaded as it is touched; no time passed. */
    public static final RestoreOptions CHECKED =
            new RestoreOptions(false, false, ClockChoice.STOPPED);
}
