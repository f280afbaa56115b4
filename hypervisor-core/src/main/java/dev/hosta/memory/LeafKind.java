package dev.hosta.memory;

/** What stands behind a leaf of stage two. */
public enum LeafKind {
    /** Host memory that the guest reads, writes and executes. */
    RAM,
    /** Host memory that the guest reads and executes; its writes leave the guest as MMIO. */
    ROM,
    /** Device registers: every access leaves the guest. No host memory. */
    MMIO
}
