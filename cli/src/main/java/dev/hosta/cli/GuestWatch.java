package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.ConsoleLog;
import dev.hosta.script.PanicSign;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks at what a guest writes on its serial console, on the way to the host's side of it: whether
 * it writes at all, and whether its kernel says that it has panicked.
 *
 * <p>Threading: any thread.
 */
final class GuestWatch implements ConsoleOutput {
    private final ConsoleOutput next;
    private final Runnable onPanic;
    private final List<ConsoleOutput> readers = new ArrayList<>();

    // Guarded by this object's monitor.
    private PanicSign sign = new PanicSign();
    private long bytes;

    /**
     * Nothing written yet.
     *
     * @param next gets every byte first
     * @param log gets every byte after it, if there is one
     * @param script likewise, what it shows
     * @param onPanic is called once a kernel has panicked and said all; on a vCPU's thread
     */
    GuestWatch(
            ConsoleOutput next,
            Optional<ConsoleLog> log,
            Optional<ScriptedRun> script,
            Runnable onPanic) {
        this.next = next;
        log.ifPresent(readers::add);
        script.ifPresent(steps -> readers.add(steps.console()));
        this.onPanic = onPanic;
    }

    @Override
    public void write(int value) {
        next.write(value);
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).write(value);
        }
        boolean panicked;
        synchronized (this) {
            bytes++;
            panicked = sign.take(value);
        }
        if (panicked) {
            onPanic.run();
        }
    }

    /** Another machine writes from now on. */
    synchronized void next() {
        sign = new PanicSign();
    }

    /** Why the kernel panicked; empty where it has not said so. */
    synchronized Optional<String> panic() {
        return sign.cause();
    }

    private synchronized long bytes() {
        return bytes;
    }

    /** A machine with what it writes, to be waited for. */
    RunLimits.Watched of(VirtualMachine machine) {
        return new RunLimits.Watched() {
            @Override
            public Optional<MachineOutcome> awaitEnd(Duration limit) {
                return machine.awaitEnd(limit);
            }

            @Override
            public MachineOutcome awaitEnd() {
                return machine.awaitEnd();
            }

            @Override
            public long activity() {
                return GuestWatch.this.activity(machine);
            }

            @Override
            public boolean isRunning() {
                return machine.phase() == MachinePhase.RUNNING;
            }
        };
    }

    /** A number that grows when the guest writes or has a device do something. */
    long activity(VirtualMachine machine) {
        long sum = bytes();
        for (Map<String, Long> counters : machine.counters().values()) {
            for (long counter : counters.values()) {
                sum += counter;
            }
        }
        return sum;
    }
}
