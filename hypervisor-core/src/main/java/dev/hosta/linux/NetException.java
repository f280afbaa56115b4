package dev.hosta.linux;

/**
 * A network that cannot be attached: no such interface, no right to it, a program that is missing
 * or refuses.
 *
 * <p>The message is one line for the user: what, which, why and what to do.
 */
public final class NetException extends RuntimeException {
    /** Carries the line for the user. */
    public NetException(String message) {
        super(message);
    }
}
