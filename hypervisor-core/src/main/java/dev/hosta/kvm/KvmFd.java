package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.linux.FileDescriptor;

import java.lang.foreign.MemorySegment;

/**
 * One KVM file descriptor and how its requests fail.
 *
 * <p>Threading: any thread.
 */
final class KvmFd implements AutoCloseable {
    private final FileDescriptor fd;

    KvmFd(FileDescriptor fd) {
        this.fd = fd;
    }

    FileDescriptor fd() {
        return fd;
    }

    /** Makes a request with an integer argument; the result is 0 or more, or {@code -errno}. */
    int attempt(KvmRequest request, long argument) {
        return fd.ioctl(request.number(), argument);
    }

    /** Makes a request with an integer argument, or throws with the action's name. */
    int call(String action, KvmRequest request, long argument) {
        int result = attempt(request, argument);
        if (result < 0) {
            throw new KvmException(action, request, -result, "");
        }
        return result;
    }

    /** Makes a request with a struct, or throws with the action's name. */
    int call(String action, KvmRequest request, MemorySegment argument) {
        return call(action, request, argument.address());
    }

    @Override
    public void close() {
        fd.close();
    }
}
