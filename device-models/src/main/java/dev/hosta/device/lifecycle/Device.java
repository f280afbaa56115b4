package dev.hosta.device.lifecycle;

/**
 * The life of a device.
 *
 * <pre>
 *   new ──start──> running ──pause──> paused ──resume──> running
 *                     │ reset: as new, running on         │
 *                     └──────────────close────────────────┴──> closed
 * </pre>
 *
 * <p>{@link #pause} returns once nothing of the device touches guest memory, raises interrupts or
 * talks to its backend; what was in flight is finished or is part of the state. State is exported
 * and imported only while paused or before {@link #start}. {@link #pause}, {@link #resume} and
 * {@link #close} are idempotent. A device without threads or backends keeps the defaults.
 *
 * <p>Threading: these methods are called by the machine's control thread only.
 */
public interface Device extends AutoCloseable {
    /** Starts the device's own work, if it has any. Called once, before the first vCPU runs. */
    default void start() {}

    /** Stops all of the device's own work and waits for it. */
    default void pause() {}

    /** Carries on after {@link #pause}. */
    default void resume() {}

    /** Puts every register as after power-on. The guest's vCPUs do not run meanwhile. */
    void reset();

    /** Frees what the device holds of the host. */
    @Override
    default void close() {}
}
