package dev.hosta.script;

/**
 * Why a step of a script failed: a part of a sentence, to stand behind the step's place and text.
 */
public final class StepException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure that is its own cause. */
    public StepException(String message) {
        super(message);
    }

    /** A failure with a cause. */
    public StepException(String message, Throwable cause) {
        super(message, cause);
    }
}
