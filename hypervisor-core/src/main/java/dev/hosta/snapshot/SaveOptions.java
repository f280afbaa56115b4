package dev.hosta.snapshot;

/**
 * How a machine is saved.
 *
 * @param thenStop whether the guest stays paused from the instant that is saved, for its owner to
 *     close it; otherwise it runs on while its memory is written
 * @param disks what becomes of its writable disks
 */
public record SaveOptions(boolean thenStop, DiskCopying disks) {
    /** The guest stops: it goes on where it is resumed. */
    public static final SaveOptions SUSPEND = new SaveOptions(true, DiskCopying.NONE);

    /** The guest runs on; its disks are not copied. */
    public static final SaveOptions SNAPSHOT = new SaveOptions(false, DiskCopying.NONE);

    /** The guest runs on. */
    public static SaveOptions snapshot(DiskCopying disks) {
        return new SaveOptions(false, disks);
    }
}
