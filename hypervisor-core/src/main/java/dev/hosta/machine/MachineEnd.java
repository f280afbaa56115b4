package dev.hosta.machine;

import dev.hosta.device.lifecycle.GuestRequest;

import java.util.concurrent.CompletableFuture;

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
                    case GuestRequest.Exit e -> new MachineOutcome.Exited(e.status());
                });
    }

    void decide(MachineOutcome decided) {
        outcome.complete(decided);
    }

    void hostFailed(RuntimeException cause) {
        outcome.completeExceptionally(cause);
    }
}
