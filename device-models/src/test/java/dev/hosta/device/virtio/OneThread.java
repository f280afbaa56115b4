package dev.hosta.device.virtio;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A device's thread for tests: runs tasks one at a time, keeps what they throw, and lets a test
 * wait for it.
 */
public final class OneThread implements Executor, AutoCloseable {
    private static final int PATIENCE_SECONDS = 20;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private volatile CountDownLatch arrival = new CountDownLatch(0);
    private volatile Throwable failure;

    @Override
    public void execute(Runnable task) {
        thread.execute(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException | Error e) {
                        failure = e;
                    }
                });
        arrival.countDown();
    }

    /** From here on {@link #awaitArrival} waits for the next task that is handed over. */
    public void expectArrival() {
        arrival = new CountDownLatch(1);
    }

    /** Waits until a task was handed over, done or not. Any thread, this one too. */
    public void awaitArrival() {
        await(arrival);
    }

    /** Waits until all that was handed over so far is done, and nothing of it threw. */
    public void settle() {
        CountDownLatch reached = new CountDownLatch(1);
        execute(reached::countDown);
        await(reached);
        if (failure != null) {
            throw new AssertionError("the device's thread threw", failure);
        }
    }

    /** Waits for a latch, but not for ever. */
    public static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
