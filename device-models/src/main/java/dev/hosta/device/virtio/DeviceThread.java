package dev.hosta.device.virtio;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The one thread that serves a device's queues.
 *
 * <p>Threading: all methods on any thread but, for {@link #await}, the device's own. An executor
 * that runs tasks in place makes the caller the device's thread; whoever uses one calls everything
 * from a single thread.
 */
public final class DeviceThread {
    private final Executor executor;

    /**
     * Names the thread by what hands it work.
     *
     * @param executor runs tasks one at a time, in order, on the device's thread
     */
    public DeviceThread(Executor executor) {
        this.executor = Objects.requireNonNull(executor);
    }

    /** Runs a task there, some time. */
    public void execute(Runnable task) {
        executor.execute(task);
    }

    /**
     * Runs a task there and waits until the future that it gives is complete.
     *
     * @throws RuntimeException what the task threw
     */
    public void await(Supplier<CompletableFuture<Void>> task) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        executor.execute(
                () -> {
                    try {
                        task.get()
                                .whenComplete(
                                        (nothing, failure) -> {
                                            if (failure == null) {
                                                end.complete(null);
                                            } else {
                                                end.completeExceptionally(failure);
                                            }
                                        });
                    } catch (RuntimeException e) {
                        end.completeExceptionally(e);
                    }
                });
        try {
            end.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
