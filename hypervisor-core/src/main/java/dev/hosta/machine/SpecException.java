package dev.hosta.machine;

/**
 * A machine that cannot be built as asked: a value out of range, a missing image, a name in use.
 *
 * <p>The message is one line that says what, which, why and what to do; it is shown to the user as
 * it is.
 */
public final class SpecException extends RuntimeException {
    /** Carries the line for the user. */
    public SpecException(String message) {
        super(message);
    }

    /** Carries the line for the user and what it came from. */
    public SpecException(String message, Throwable cause) {
        super(message, cause);
    }
}
