package dev.hosta.linux;

import java.util.concurrent.CompletableFuture;

/**
 * A thread that is there before it is needed, for work that must not fail for want of one. It does
 * one thing once it is told to, and ends.
 *
 * <p>Threading: any thread.
 */
public final class StandbyThread implements AutoCloseable {
    private final CompletableFuture<Runnable> work = new CompletableFuture<>();

    private StandbyThread() {}

    /**
     * Starts one that waits.
     *
     * @param name of the thread
     * @throws LinuxException where the host has no thread
     */
    public static StandbyThread start(String name) {
        StandbyThread standby = new StandbyThread();
        HostThread.start(
                Thread.ofPlatform().daemon().name(name).unstarted(() -> standby.work.join().run()));
        return standby;
    }

    /**
     * Has it do its work; returns at once.
     *
     * @throws IllegalStateException where it has work, or is closed
     */
    public void begin(Runnable what) {
        if (!work.complete(what)) {
            throw new IllegalStateException("A thread on standby does one thing");
        }
    }

    /** Ends it where it has no work. Idempotent. */
    @Override
    public void close() {
        work.complete(() -> {});
    }
}
