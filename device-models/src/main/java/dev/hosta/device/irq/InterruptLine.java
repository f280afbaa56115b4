package dev.hosta.device.irq;

/**
 * One input pin of the interrupt controller.
 *
 * <p>An edge-triggered device calls {@link #pulse()}; a level-triggered one holds {@link #set}
 * while it has something to say. Threading: any thread; a device that calls from several serialises
 * the calls itself, so that the last level given is the device's level.
 */
@FunctionalInterface
public interface InterruptLine {
    /** A line that leads nowhere, for devices without an interrupt. */
    static InterruptLine none() {
        // No constant: an interface with one keeps its lambdas out of the JVM's archive.
        return high -> {};
    }

    /** Drives the line: {@code true} asserts it, {@code false} releases it. Idempotent. */
    void set(boolean high);

    /** Raises one edge: asserts the line and releases it. */
    default void pulse() {
        set(true);
        set(false);
    }
}
