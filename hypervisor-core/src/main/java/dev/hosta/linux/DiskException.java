package dev.hosta.linux;

/**
 * A disk that cannot be attached: not there, not a disk, in use, of another format.
 *
 * <p>The message is one line for the user: what, which, why and what to do.
 */
public final class DiskException extends RuntimeException {
    /** Carries the line for the user. */
    public DiskException(String message) {
        super(message);
    }
}
