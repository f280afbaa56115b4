package dev.hosta.control;

/** A call that the API refuses, with the status that its document gives for the reason. */
public final class CallException extends RuntimeException {
    private final int status;

    /**
     * Refuses a call.
     *
     * @param status 400 to 599
     * @param message one sentence for the user
     */
    public CallException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Status of the answer. */
    public int status() {
        return status;
    }

    /** 404: there is no VM yet, or no more. */
    static CallException notCreated() {
        return new CallException(404, "The VM is not created.");
    }

    /** 405: it is there, and does not run. */
    static CallException notBooted() {
        return new CallException(405, "The VM is not booted.");
    }

    /** 405: it was saved, and goes on where it is resumed. */
    static CallException suspending() {
        return new CallException(405, "The VM is being suspended.");
    }

    /** 500: a call of the document that this VMM cannot answer. */
    static CallException unsupported(String what) {
        return new CallException(500, "Hosta does not support " + what + ".");
    }
}
