package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Completion;

/**
 * Carries out the steps of a disk's requests.
 *
 * <p>Threading: {@link #submit} and {@link #kick} on the device's thread, the others on the control
 * thread.
 */
sealed interface DiskEngine extends AutoCloseable permits ThreadEngine, UringEngine {
    /** Which of the two it is. */
    EngineChoice kind();

    /**
     * Names the file that requests go to from now on; while none is under way.
     *
     * @param fd stays its owner's
     */
    void serve(FileDescriptor fd);

    /** Names the loop on whose thread requests are submitted. Once, before the first. */
    void attach(EventLoop loop);

    /**
     * Begins a request; {@link #kick} may be needed for it to get on.
     *
     * @param first what comes first
     * @param completion told once, on any thread
     * @throws IllegalStateException once the engine is closed
     */
    void submit(DiskStep first, Completion completion);

    /** Hands over what was submitted. */
    void kick();

    /** Waits until every request that was submitted has ended. */
    void drain();

    /** Finishes what was submitted, then lets go of threads and memory. Idempotent. */
    @Override
    void close();
}
