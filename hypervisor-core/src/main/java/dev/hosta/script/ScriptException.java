package dev.hosta.script;

/** A script that cannot be run: one line for the user, with the place. */
public final class ScriptException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A mistake that is its own cause. */
    public ScriptException(String message) {
        super(message);
    }

    /** A mistake that something else told of. */
    public ScriptException(String message, Throwable cause) {
        super(message, cause);
    }
}
