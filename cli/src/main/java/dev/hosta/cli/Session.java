package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.VirtualMachine;

import java.time.Duration;
import java.util.Optional;

/**
 * One run of a guest, from the machine's making to its end.
 *
 * <p>Whatever ends it, the terminal is put back and the runtime folder removed: by {@link #run}, or
 * by a shutdown hook when a signal ends the process. Only a kill or a crash of the JVM is left to
 * the launcher.
 *
 * <p>Threading: {@link #run} on one thread; the console's input and the hook on others.
 */
final class Session implements ConsoleInput.Guest {
    private final RunRequest request;
    private final Console console;
    private final Optional<Long> endNanos;

    // Guarded by this object's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();
    private Optional<RuntimeFolder> folder = Optional.empty();
    private boolean stopped;

    Session(RunRequest request) {
        this.request = request;
        this.console = Console.of(request.console(), this);
        this.endNanos = request.timeout().map(t -> System.nanoTime() + t.toNanos());
    }

    /** Runs the guest to its end and gives the process's status. */
    int run() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::abandon, "abandon"));
        Optional<MachineOutcome> outcome;
        try {
            hold(RuntimeFolder.claim(request.machine().name()));
            outcome = runUntilEnd();
            console.flush();
        } finally {
            leave();
        }
        return outcome.map(Session::status).orElse(ExitStatus.TIMED_OUT);
    }

    /** Gives how the guest ended; empty when its time was up. */
    private Optional<MachineOutcome> runUntilEnd() {
        ConsoleOutput output = console.output();
        while (true) {
            try (VirtualMachine vm = VirtualMachine.create(request.machine(), output)) {
                attach(vm);
                console.open();
                vm.start();
                console.start();
                Optional<MachineOutcome> outcome = await(vm);
                detach();
                boolean again =
                        request.reboot()
                                && outcome.isPresent()
                                && outcome.get() instanceof MachineOutcome.ResetRequested;
                if (!again) {
                    return outcome;
                }
            }
        }
    }

    private Optional<MachineOutcome> await(VirtualMachine vm) {
        if (endNanos.isEmpty()) {
            return Optional.of(vm.awaitEnd());
        }
        Optional<MachineOutcome> outcome =
                vm.awaitEnd(Duration.ofNanos(Math.max(0, endNanos.get() - System.nanoTime())));
        if (outcome.isPresent()) {
            return outcome;
        }
        console.release();
        vm.requestStop();
        MachineOutcome last = vm.awaitEnd();
        return last instanceof MachineOutcome.Stopped ? Optional.empty() : Optional.of(last);
    }

    private static int status(MachineOutcome outcome) {
        if (outcome instanceof MachineOutcome.Crashed crashed) {
            Failure.print("The guest crashed: " + crashed.reason());
            System.err.println(crashed.report().stripTrailing());
        }
        return ExitStatus.of(outcome);
    }

    private synchronized void hold(RuntimeFolder claimed) {
        folder = Optional.of(claimed);
    }

    private synchronized void attach(VirtualMachine vm) {
        machine = Optional.of(vm);
        vm.onConsoleRoom(console::roomCame);
        // What was asked for while one machine was taken down and the next made.
        if (stopped) {
            vm.requestStop();
        }
    }

    private synchronized void detach() {
        machine = Optional.empty();
    }

    @Override
    public synchronized int offer(byte[] bytes, int offset, int length) {
        // A machine that is being made anew loses what is typed meanwhile, as a real one does.
        return machine.map(vm -> vm.offerConsoleInput(bytes, offset, length)).orElse(length);
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        console.release();
        machine.ifPresent(VirtualMachine::requestStop);
    }

    /** The process ends while the guest runs. */
    private void abandon() {
        console.release();
        console.flushSoon();
        leave();
    }

    private void leave() {
        console.close();
        Optional<RuntimeFolder> held;
        synchronized (this) {
            held = folder;
            folder = Optional.empty();
        }
        held.ifPresent(RuntimeFolder::close);
    }
}
