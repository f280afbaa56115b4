package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.VirtualMachine;

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
    private static final Duration LONGEST_LOOK = Duration.ofMillis(500);
    private static final int LOOKS_A_STALL = 10;

    private final Optional<Duration> timeout;
    private final Optional<Duration> stall;
    private final long beginNanos = System.nanoTime();
    private final GuestWatch watch;

    RunLimits(Optional<Duration> timeout, Optional<Duration> stall, GuestWatch watch) {
        this.timeout = timeout;
        this.stall = stall;
        this.watch = watch;
    }

    /**
     * Waits.
     *
     * @param cutShort is to end the machine that is past a limit
     */
    MachineOutcome await(VirtualMachine machine, Consumer<CutShort> cutShort) {
        if (timeout.isEmpty() && stall.isEmpty()) {
            return machine.awaitEnd();
        }
        long last = watch.activity(machine);
        long since = System.nanoTime();
        while (true) {
            Optional<MachineOutcome> outcome = machine.awaitEnd(nextLook());
            if (outcome.isPresent()) {
                return outcome.get();
            }
            long now = System.nanoTime();
            if (timeout.isPresent() && now - beginNanos >= timeout.get().toNanos()) {
                cutShort.accept(new CutShort.TimedOut(timeout.get()));
                return machine.awaitEnd();
            }
            long activity = watch.activity(machine);
            if (activity != last || machine.phase() != MachinePhase.RUNNING) {
                last = activity;
                since = now;
            } else if (stall.isPresent() && now - since >= stall.get().toNanos()) {
                cutShort.accept(new CutShort.Stalled(stall.get()));
                return machine.awaitEnd();
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
