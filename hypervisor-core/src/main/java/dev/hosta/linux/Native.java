package dev.hosta.linux;

import com.kenai.jffi.LastError;

import java.lang.foreign.MemorySegment;

/**
 * The loaded C library, its errno, and the one place where an address becomes a {@link
 * MemorySegment}.
 *
 * <p>Threading: any thread; errno is the calling thread's.
 */
final class Native {
    /** The C library. */
    static final LibC LIBC = new DirectLibC();

    private static final LastError LAST_ERROR = LastError.getInstance();

    private Native() {}

    /** What the last failed call on this thread left in errno. Read it directly after the call. */
    static int errno() {
        return LAST_ERROR.get();
    }

    /**
     * Passes a call's result on, or throws where it is negative.
     *
     * @param action what was tried, for the message: "Cannot" comes before it
     * @param call the C function
     */
    static int checked(int result, String action, String call) {
        if (result < 0) {
            throw new LinuxException(action, call, errno(), "");
        }
        return result;
    }

    /**
     * The bytes {@code [hva, hva + sizeBytes)} as a segment without a lifetime. The caller maps
     * them and never hands the segment out past its unmapping.
     */
    @SuppressWarnings("restricted")
    static MemorySegment segment(long hva, long sizeBytes) {
        return MemorySegment.ofAddress(hva).reinterpret(sizeBytes);
    }
}
