package dev.hosta.machine;

import dev.hosta.device.lifecycle.GuestRequest;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The one end of a machine's run: the first to say so decides.
 *
 * <p>Threading: any thread. The action runs on the thread that decides, which may be a vCPU's.
 */
final class MachineEnd {
    private final CompletableFuture<MachineOutcome> outcome = new CompletableFuture<>();

    /** The outcome once there is one; exceptionally where the host failed. */
    CompletableFuture<MachineOutcome> outcome() {
        return outcome;
    }

    /** What to do at the end, at once if it has come; must not block. */
    void onEnd(Runnable action) {
        outcome.whenComplete((value, failure) -> action.run());
    }

    void request(GuestRequest request) {
        outcome.complete(
                switch (request) {
                    case GuestRequest.PowerOff p -> new MachineOutcome.PoweredOff();
                    case GuestRequest.Reset r -> new MachineOutcome.ResetRequested(r.by());
                    case GuestRequest.Panic p ->
                            new MachineOutcome.Crashed("kernel panic, told of by pvpanic", "");
                    case GuestRequest.Exit e -> new MachineOutcome.Exited(e.status());
                });
    }

    void decide(MachineOutcome decided) {
        outcome.complete(decided);
    }

    void hostFailed(RuntimeException cause) {
        outcome.completeExceptionally(cause);
    }

    /** Waits for it; throws what the host failed with. */
    MachineOutcome await() {
        try {
            return outcome().join();
        } catch (CompletionException e) {
            throw hostFailure(e.getCause());
        }
    }

    /** Waits for it, at most so long; empty when the guest still runs then. */
    Optional<MachineOutcome> await(Duration timeout) {
        try {
            return Optional.of(outcome().get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw hostFailure(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static RuntimeException hostFailure(Throwable cause) {
        return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
    }
}
