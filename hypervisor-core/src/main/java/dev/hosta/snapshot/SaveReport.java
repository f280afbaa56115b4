package dev.hosta.snapshot;

/**
 * What a save came to.
 *
 * @param pauseNanos how long the guest stood still, in nanoseconds; until its memory began to be
 *     written, where it stays paused
 * @param memoryBytes guest RAM in bytes
 * @param writtenBytes as much of it as was not zero, and is in the saved form
 */
public record SaveReport(long pauseNanos, long memoryBytes, long writtenBytes) {}
