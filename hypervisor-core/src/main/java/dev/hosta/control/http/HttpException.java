package dev.hosta.control.http;

/** A message that breaks the rules of HTTP or the limits of this server. */
public final class HttpException extends RuntimeException {
    private final int status;

    /**
     * Carries what to answer.
     *
     * @param status of the answer, 400 to 599
     * @param message one sentence
     */
    public HttpException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Status of the answer. */
    public int status() {
        return status;
    }
}
