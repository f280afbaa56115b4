package dev.hosta.device.state;

/** A saved state that no machine can have been in; the file or stream it came from is refused. */
public final class InvalidStateException extends RuntimeException {
    /** Says which field, its value and what is allowed. */
    public InvalidStateException(String message) {
        super(message);
    }
}
