package dev.hosta.snapshot;

/**
 * Follows a save, and may end it.
 *
 * <p>Threading: called by the thread that saves; should not block.
 */
public interface SaveProgress {
    /** Nobody looks. */
    SaveProgress NONE =
            new SaveProgress() {
                @Override
                public void report(Stage stage, long bytesDone, long bytesTotal) {}

                @Override
                public boolean isCancelled() {
                    return false;
                }
            };

    /** What a save is at. */
    enum Stage {
        /** Disks are flushed, the guest is stopped for an instant. */
        CUTTING,
        /** A disk is copied byte by byte, the guest standing still. */
        COPYING,
        /** Memory is written, behind the running guest if that runs on. */
        WRITING,
        /** The host's disk writes what it was given. */
        SYNCING
    }

    /**
     * Tells how far it is.
     *
     * @param bytesDone of guest RAM, or of a disk that is copied, 0 up to {@code bytesTotal}; holes
     *     count too
     * @param bytesTotal size of guest RAM, or of that disk
     */
    void report(Stage stage, long bytesDone, long bytesTotal);

    /** Whether to give up; asked often until the saved form is complete. */
    boolean isCancelled();
}
