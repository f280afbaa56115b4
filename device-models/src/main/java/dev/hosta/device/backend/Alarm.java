package dev.hosta.device.backend;

/**
 * A clock that calls back, for devices that must wait without blocking.
 *
 * <p>Threading: the device's thread, which is also where it calls back; {@link #nowNanos} on any.
 */
public interface Alarm {
    /** Nanoseconds from some start, never backwards; differences only. */
    long nowNanos();

    /**
     * Calls back once, in about {@code delayNanos}; replaces what was set before.
     *
     * @param delayNanos 0 or more
     */
    void set(long delayNanos, Runnable action);

    /** Forgets what was set. */
    void cancel();
}
