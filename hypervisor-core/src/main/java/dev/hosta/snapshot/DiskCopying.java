package dev.hosta.snapshot;

/** What becomes of the writable disks of a machine that is saved and runs on. */
public enum DiskCopying {
    /** They are not copied; a resume finds that they were written since, and is refused. */
    NONE,
    /** They are copied into the saved form at once, by blocks that both share; else refused. */
    REFLINK,
    /** As {@link #REFLINK} where that can be, else byte by byte while the guest stands still. */
    FULL
}
