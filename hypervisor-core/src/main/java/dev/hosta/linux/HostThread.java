package dev.hosta.linux;

/**
 * Starts threads that the host may refuse, which the JVM reports as an {@link OutOfMemoryError}
 * although no heap is full, and which few who start a thread expect.
 *
 * <p>Source: pthread_create(3): EAGAIN for the limits of threads (RLIMIT_NPROC, pids.max) and of
 * memory for stacks (RLIMIT_AS).
 *
 * <p>Threading: no state.
 */
public final class HostThread {
    private HostThread() {}

    /**
     * Starts a thread.
     *
     * @throws LinuxException where the host refuses; it can be started again then
     */
    public static void start(Thread thread) {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            LinuxException refused =
                    new LinuxException(
                            "start the thread " + thread.getName(),
                            "pthread_create",
                            Errno.EAGAIN,
                            "Raise the limits of threads (ulimit -u, pids.max) and memory (ulimit"
                                    + " -v), or end what else runs.");
            refused.initCause(e);
            throw refused;
        }
    }
}
