package dev.hosta.cli;

import dev.hosta.control.ConsoleHub;
import dev.hosta.control.ControlServer;
import dev.hosta.control.VmView;
import dev.hosta.linux.Background;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.StdioPort;
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
    private static final int LEAVE_WITHIN_MILLIS = 500;

    private final RunRequest request;
    private final Console console;
    private final ConsoleHub hub;
    private final Optional<TerminalPort> terminal;
    private final Optional<Long> endNanos;

    private final SessionSaves saves;

    // Of the thread that runs.
    private Optional<MachineMaking> first;
    private boolean goesOn;

    // Guarded by this object's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();
    private Optional<RuntimeFolder> folder = Optional.empty();
    private Optional<ControlServer> server = Optional.empty();
    private boolean serving;
    private boolean announced;
    private boolean stopped;
    private boolean rebooting;
    private long upSinceNanos;

    Session(RunRequest request) {
        this(request, Optional.empty());
    }

    /**
     * A run that goes on where another stood.
     *
     * @param first makes the first machine; after a reset of the guest's it boots
     */
    Session(RunRequest request, MachineMaking first) {
        this(request, Optional.of(first));
    }

    private Session(RunRequest request, Optional<MachineMaking> first) {
        this.request = request;
        this.first = first;
        this.saves = new SessionSaves(request.machine().name());
        this.console = Console.of(request.console(), this);
        this.hub = new ConsoleHub(console.output(), this::offer);
        this.terminal =
                request.machine().consoles().isOnStdio()
                        ? Optional.of(new TerminalPort(this::stop))
                        : Optional.empty();
        this.endNanos = request.timeout().map(t -> System.nanoTime() + t.toNanos());
    }

    /**
     * A run of a guest that is to arrive.
     *
     * @param held the folder of its name
     */
    Session(RunRequest request, RuntimeFolder held) {
        this(request, Optional.empty());
        folder = Optional.of(held);
    }

    /** Where the virtio console goes that is on stdio, if any. */
    Optional<StdioPort> terminalPort() {
        return terminal.map(TerminalPort::port);
    }

    /** Follows a guest that has arrived, running or paused, to its end. */
    int follow(VirtualMachine arrived) {
        first = Optional.of((output, port) -> arrived);
        goesOn = true;
        return run();
    }

    /** Runs the guest to its end and gives the process's status. */
    int run() {
        if (request.background()) {
            Background.leaveTerminal();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::abandon, "abandon"));
        Optional<MachineOutcome> outcome;
        try {
            terminal.ifPresent(TerminalPort::followSize);
            if (folderHeld().isEmpty()) {
                hold(RuntimeFolder.claim(request.machine().name()));
            }
            outcome = runUntilEnd();
            console.flush();
            terminal.ifPresent(port -> port.console().flush());
            folderHeld().ifPresent(this::announce);
        } finally {
            leave();
        }
        Optional<String> elsewhere = saves.elsewhere();
        if (elsewhere.isPresent()) {
            Failure.print("'" + name() + "' " + elsewhere.get() + ".");
        }
        return outcome.map(Session::status).orElse(ExitStatus.TIMED_OUT);
    }

    /** Gives how the guest ended; empty when its time was up. */
    private Optional<MachineOutcome> runUntilEnd() {
        while (true) {
            try (VirtualMachine vm = create()) {
                Optional<MachineOutcome> outcome = Optional.empty();
                try {
                    outcome = run(vm);
                } finally {
                    detach();
                    saves.settle(
                            outcome.isEmpty() || outcome.get() instanceof MachineOutcome.Stopped);
                }
                if (outcome.isEmpty() || !isAgain(outcome.get())) {
                    return outcome;
                }
                saves.next();
            }
        }
    }

    private Optional<MachineOutcome> run(VirtualMachine vm) {
        attach(vm);
        console.open();
        terminal.ifPresent(port -> port.console().open());
        if (!goesOn) {
            vm.start();
        }
        goesOn = false;
        console.start();
        serve();
        terminal.ifPresent(port -> port.console().start());
        return await(vm);
    }

    private synchronized boolean isAgain(MachineOutcome outcome) {
        if (saves.elsewhere().isPresent()) {
            return false;
        }
        boolean asked = rebooting && outcome instanceof MachineOutcome.Stopped && !stopped;
        rebooting = false;
        return asked || request.reboot() && outcome instanceof MachineOutcome.ResetRequested;
    }

    /** Opens the API and the console's socket, beside the guest, which runs already. */
    private synchronized void serve() {
        if (serving) {
            return;
        }
        serving = true;
        if (console.isTerminal()) {
            hub.claim(PidFile.ownPid());
        }
        Thread thread = new Thread(this::startServer, "control-start");
        thread.setDaemon(true);
        thread.start();
    }

    private void startServer() {
        Optional<RuntimeFolder> held = folderHeld();
        if (held.isEmpty()) {
            return;
        }
        try {
            ControlServer started =
                    ControlServer.start(
                            held.get().path(),
                            new SessionVmm(name(), this, hub, saves),
                            TopLevel.versionNumber());
            synchronized (this) {
                server = Optional.of(started);
            }
            announce(held.get());
        } catch (LinuxException e) {
            console.notice(e.getMessage() + " The guest runs on, out of reach of other commands.");
        }
    }

    private VirtualMachine create() {
        Optional<MachineMaking> making = first;
        first = Optional.empty();
        if (making.isPresent()) {
            return making.get().make(hub, terminal.map(TerminalPort::port));
        }
        return terminal.isPresent()
                ? VirtualMachine.create(request.machine(), hub, terminal.get().port())
                : VirtualMachine.create(request.machine(), hub);
    }

    /** Tells the process that waits for it that the guest runs, and lets go of that process. */
    private synchronized void announce(RuntimeFolder held) {
        if (!request.background() || announced) {
            return;
        }
        announced = true;
        System.out.println(request.machine().name());
        System.out.flush();
        Background.print(held.path().resolve("log"));
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
        release();
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

    private String name() {
        return request.machine().name();
    }

    private synchronized void hold(RuntimeFolder claimed) {
        folder = Optional.of(claimed);
    }

    private synchronized Optional<RuntimeFolder> folderHeld() {
        return folder;
    }

    private synchronized void attach(VirtualMachine vm) {
        machine = Optional.of(vm);
        upSinceNanos = System.nanoTime();
        vm.onConsoleRoom(this::roomCame);
        // What was asked for while one machine was taken down and the next made.
        if (stopped) {
            vm.requestStop();
        }
    }

    private void roomCame() {
        console.roomCame();
        hub.roomCame();
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
        release();
        machine.ifPresent(VirtualMachine::requestStop);
    }

    /** The VM as it is now, for those who ask over the API. */
    synchronized VmView view() {
        return new VmView(
                request.machine(),
                request.console().serial(),
                machine,
                upSinceNanos,
                Optional.empty());
    }

    /** Takes the machine down and boots it anew. */
    synchronized void reboot() {
        rebooting = true;
        machine.ifPresent(VirtualMachine::requestStop);
    }

    /** The process ends while the guest runs. */
    private void abandon() {
        release();
        console.flushSoon();
        terminal.ifPresent(port -> port.console().flushSoon());
        saves.settle(true);
        leave();
    }

    private void release() {
        console.release();
        terminal.ifPresent(port -> port.console().release());
    }

    private void leave() {
        console.close();
        hub.close(LEAVE_WITHIN_MILLIS);
        terminal.ifPresent(port -> port.console().close());
        Optional<RuntimeFolder> held;
        Optional<ControlServer> served;
        synchronized (this) {
            held = folder;
            folder = Optional.empty();
            served = server;
            server = Optional.empty();
        }
        served.ifPresent(ControlServer::close);
        held.ifPresent(RuntimeFolder::close);
    }
}
