package dev.hosta.snapshot;

/**
 * A machine that could not be saved. Nothing of the attempt is left, an earlier saved form is as it
 * was, and a guest that ran before runs on. The message is one line for the user.
 */
public final class SaveException extends RuntimeException {
    /** Carries the line for the user. */
    public SaveException(String message) {
        super(message);
    }

    /** Carries the line for the user and what it came from. */
    public SaveException(String message, Throwable cause) {
        super(message, cause);
    }
}
