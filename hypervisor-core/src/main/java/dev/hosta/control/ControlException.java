package dev.hosta.control;

/** A VM that is not there, or a call that it refused; the message is one line for the user. */
public final class ControlException extends RuntimeException {
    /** Carries the line for the user. */
    public ControlException(String message) {
        super(message);
    }

    /** Carries the line for the user and what it came from. */
    public ControlException(String message, Throwable cause) {
        super(message, cause);
    }
}
