package dev.hosta.device.lifecycle;

import java.util.Collections;
import java.util.SequencedMap;

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
 * <p>Threading: these methods are called by the machine's control thread only, but for {@link
 * #counters}.
 */
public interface Device extends AutoCloseable {
    /**
     * What the device has counted since it was made, for people and programs that watch it.
     *
     * <p>Threading: any thread, at any moment before {@link #close}; does not block.
     *
     * @return unsigned 64-bit values by name, such as {@code read_bytes}: lower case, words joined
     *     by {@code _}; empty for a device that counts nothing
     */
    default SequencedMap<String, Long> counters() {
        return Collections.emptyNavigableMap();
    }

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
