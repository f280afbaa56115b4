package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.linux.Errno;

/**
 * KVM refused a request. The message reads {@code Cannot <action>: ioctl KVM_CREATE_VM failed,
 * errno=EBUSY(16). <hint>}.
 */
public final class KvmException extends RuntimeException {
    private final String call;
    private final int errno;
    private final String hint;

    /**
     * Describes one refusal.
     *
     * @param action what was tried, lower case, with its facts
     * @param call the call, such as {@code ioctl KVM_CREATE_VM}
     * @param errno the error number; 0 where the call came back with less than was asked for
     * @param hint what the reader can do, a whole sentence; may be empty
     */
    public KvmException(String action, String call, int errno, String hint) {
        super(message(action, call, errno, hint));
        this.call = call;
        this.errno = errno;
        this.hint = hint;
    }

    KvmException(String action, KvmRequest request, int errno, String hint) {
        this(action, "ioctl " + request.cName(), errno, hint);
    }

    private static String message(String action, String call, int errno, String hint) {
        String head = "Cannot " + action + ": " + call;
        head += errno == 0 ? " came back early." : " failed, errno=" + Errno.describe(errno) + ".";
        return hint.isEmpty() ? head : head + " " + hint;
    }

    /** The call that failed, such as {@code ioctl KVM_CREATE_VM}. */
    public String call() {
        return call;
    }

    /** The error number, see {@link Errno}; 0 where KVM stopped in the middle of a list. */
    public int errno() {
        return errno;
    }

    /** What the reader can do about it; may be empty. */
    public String hint() {
        return hint;
    }
}
