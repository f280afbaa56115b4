package dev.hosta.snapshot;

/**
 * How a machine is saved.
 *
 * @param thenStop whether the guest stays paused from the instant that is saved, for its owner to
 *     close it; otherwise it runs on while its memory is written
 */
public record SaveOptions(boolean thenStop) {
    /** The guest stops: it goes on where it is resumed. */
    public static final SaveOptions SUSPEND = new SaveOptions(true);

    /** The guest runs on. */
    public static final SaveOptions SNAPSHOT = new SaveOptions(false);
}
