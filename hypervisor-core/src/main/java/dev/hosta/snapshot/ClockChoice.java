package dev.hosta.snapshot;

/** What a guest's clock shows where it goes on. */
public enum ClockChoice {
    /** What it showed when the guest was saved: no time passed for the guest. */
    STOPPED,
    /**
     * As if it had run on: kvmclock is set ahead by the wall time since, as {@code
     * KVM_CLOCK_REALTIME} does. A guest that keeps time by the TSC is not told.
     */
    HOST
}
