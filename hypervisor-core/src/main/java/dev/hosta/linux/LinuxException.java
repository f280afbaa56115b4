package dev.hosta.linux;

/**
 * A system call failed. The message reads {@code Cannot <action>: <call> failed, errno=EBUSY(16).
 * <hint>}.
 */
public final class LinuxException extends RuntimeException {
    private final String call;
    private final int errno;
    private final String hint;

    /**
     * Describes one failed call.
     *
     * @param action what was tried, lower case, with its facts: "map 4096 bytes"
     * @param call the C function or system call
     * @param errno the error number it left
     * @param hint what the reader can do, a whole sentence; may be empty
     */
    public LinuxException(String action, String call, int errno, String hint) {
        super(message(action, call, errno, hint));
        this.call = call;
        this.errno = errno;
        this.hint = hint;
    }

    private static String message(String action, String call, int errno, String hint) {
        String head =
                "Cannot " + action + ": " + call + " failed, errno=" + Errno.describe(errno) + ".";
        return hint.isEmpty() ? head : head + " " + hint;
    }

    /** The C function or system call that failed. */
    public String call() {
        return call;
    }

    /** The error number, see {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** What the reader can do about it; may be empty. */
    public String hint() {
        return hint;
    }
}
