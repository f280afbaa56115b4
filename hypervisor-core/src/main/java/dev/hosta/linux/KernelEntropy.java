package dev.hosta.linux;

import static dev.hosta.linux.DirectLibC.CONTEXTS;
import static dev.hosta.linux.DirectLibC.INVOKER;
import static dev.hosta.linux.DirectLibC.symbol;

import dev.hosta.device.backend.EntropySource;

import java.lang.foreign.MemorySegment;

/**
 * The kernel's random bytes: getrandom(2), from the pool of {@code /dev/urandom}, straight into the
 * memory they are for.
 *
 * <p>Threading: any thread.
 */
public final class KernelEntropy implements EntropySource {
    private static final long GETRANDOM = symbol("getrandom");

    /**
     * Fills native memory.
     *
     * @throws LinuxException where the kernel refuses
     */
    @Override
    public void fill(MemorySegment into) {
        long at = into.address();
        long left = into.byteSize();
        while (left > 0) {
            long count = INVOKER.invokeN3(CONTEXTS[3], GETRANDOM, at, left, 0);
            if (count > 0) {
                at += count;
                left -= count;
            } else if (Native.errno() != Errno.EINTR) {
                throw new LinuxException("get random bytes", "getrandom", Native.errno(), "");
            }
        }
    }
}
