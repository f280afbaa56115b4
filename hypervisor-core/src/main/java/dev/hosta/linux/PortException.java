package dev.hosta.linux;

/**
 * A port of a console that cannot be attached: a file that cannot be written, a socket's place that
 * is taken.
 *
 * <p>The message is one line for the user: what, which, why and what to do.
 */
public final class PortException extends RuntimeException {
    /** Carries the line for the user. */
    public PortException(String message) {
        super(message);
    }
}
