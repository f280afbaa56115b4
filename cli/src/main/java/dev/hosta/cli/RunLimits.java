package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Waits for a guest's end, as long as it may run and may be silent.
 *
 * <p>The time of the whole run counts from this object's making, silence from when each machine is
 * waited for. A paused guest is not silent.
 *
 * <p>Threading: one thread.
 */
final class RunLimits {
    /** A guest that is waited for. */
    interface Watched {
        /** Waits for its end; empty when it goes on after that time. */
        Optional<MachineOutcome> awaitEnd(Duration limit);

        /** A number that changes as it does something. */
        long activity();

        /** Whether its vCPUs are to run. */
        boolean isRunning();

        /** Waits for its end. */
        default MachineOutcome awaitEnd() {
            while (true) {
                Optional<MachineOutcome> outcome = awaitEnd(LONGEST_WAIT);
                if (outcome.isPresent()) {
                    return outcome.get();
                }
            }
        }
    }

    private static final Duration LONGEST_WAIT = Duration.ofDays(1);
    private static final Duration LONGEST_LOOK = Duration.ofMillis(500);
    private static final int LOOKS_A_STALL = 10;

    private final Optional<Duration> timeout;
    private final Optional<Duration> stall;
    private final long beginNanos = System.nanoTime();

    RunLimits(Optional<Duration> timeout, Optional<Duration> stall) {
        this.timeout = timeout;
        this.stall = stall;
    }

    /**
     * Waits.
     *
     * @param cutShort is to end the guest that is past a limit
     */
    MachineOutcome await(Watched guest, Consumer<CutShort> cutShort) {
        if (timeout.isEmpty() && stall.isEmpty()) {
            return guest.awaitEnd();
        }
        long last = guest.activity();
        long since = System.nanoTime();
        while (true) {
            Optional<MachineOutcome> outcome = guest.awaitEnd(nextLook());
            if (outcome.isPresent()) {
                return outcome.get();
            }
            long now = System.nanoTime();
            if (timeout.isPresent() && now - beginNanos >= timeout.get().toNanos()) {
                cutShort.accept(new CutShort.TimedOut(timeout.get()));
                return guest.awaitEnd();
            }
            long activity = guest.activity();
            if (activity != last || !guest.isRunning()) {
                last = activity;
                since = now;
            } else if (stall.isPresent() && now - since >= stall.get().toNanos()) {
                cutShort.accept(new CutShort.Stalled(stall.get()));
                return guest.awaitEnd();
            }
        }
    }

    private Duration nextLook() {
        Duration next = timeout.isPresent() ? left(timeout.get()) : LONGEST_LOOK;
        if (stall.isPresent()) {
            Duration look = stall.get().dividedBy(LOOKS_A_STALL);
            Duration shortest = look.compareTo(LONGEST_LOOK) < 0 ? look : LONGEST_LOOK;
            next = next.compareTo(shortest) < 0 ? next : shortest;
        }
        return next;
    }

    private Duration left(Duration limit) {
        return Duration.ofNanos(Math.max(0, limit.toNanos() - (System.nanoTime() - beginNanos)));
    }
}
