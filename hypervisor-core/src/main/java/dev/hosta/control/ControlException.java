package dev.hosta.control;

/** A VM that is not there, or a call that it refused; the message is one line for the user. */
public final class ControlException extends RuntimeException {
    private final int status;

    /** Carries the line for the user. */
    public ControlException(String message) {
        this(message, 0);
    }

    /** As the other, with the status of the answer that refused. */
    ControlException(String message, int status) {
        super(message);
        this.status = status;
    }

    /** Carries the line for the user and what it came from. */
    public ControlException(String message, Throwable cause) {
        super(message, cause);
        this.status = 0;
    }

    /** Status of the answer that refused; 0 where there was none. */
    public int status() {
        return status;
    }
}
