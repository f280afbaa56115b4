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
    private final GuestWatch watch;
    private final RunLimits limits;

    private final SessionSaves saves;
    private final Optional<ScriptedRun> script;
    private final Optional<ConsoleLog> log;

    // Of the thread that runs.
    private Optional<MachineMaking> first;
    private boolean goesOn;

    // Guarded by this object's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();
    private Optional<RuntimeFolder> folder = Optional.empty();
    private Optional<ControlServer> server = Optional.empty();
    // Held while the server comes up, so that nothing comes into a folder that goes.
    private final Object control = new Object();
    private boolean serving;
    private boolean announced;
    private boolean stopped;
    private Optional<CutShort> cut = Optional.empty();
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
        this.script = request.watching().script().map(named -> new ScriptedRun(named, this));
        this.log = request.watching().log().map(ConsoleLog::new);
        this.watch = new GuestWatch(console.output(), log, script, this::panicked);
        this.hub = new ConsoleHub(watch, this::offer);
        this.terminal =
                request.machine().consoles().isOnStdio()
                        ? Optional.of(new TerminalPort(this::stop))
                        : Optional.empty();
        this.limits = new RunLimits(request.timeout(), request.watching().stall(), watch);
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

    /** Where the serial port's output goes. */
    ConsoleHub console() {
        return hub;
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
        RunEnd end;
        try {
            terminal.ifPresent(TerminalPort::followSize);
            if (folderHeld().isEmpty()) {
                hold(RuntimeFolder.claim(request.machine().name()));
            }
            request.watching().makeInitramfs(request.machine().boot());
            end = runUntilEnd();
            console.flush();
            terminal.ifPresent(port -> port.console().flush());
            folderHeld().ifPresent(this::announce);
        } finally {
            leave();
        }
        Optional<String> elsewhere = saves.elsewhere();
        if (script.isPresent()) {
            end = script.get().judge(end);
        }
        if (elsewhere.isPresent()) {
            Failure.print("'" + name() + "' " + elsewhere.get() + ".");
        }
        return end.tell();
    }

    private RunEnd runUntilEnd() {
        while (true) {
            RunEnd end = runOne();
            if (!isAgain(end) && !isToResume()) {
                return end;
            }
            saves.next();
            watch.next();
        }
    }

    /** Makes a machine, and runs it to its end. */
    private RunEnd runOne() {
        try (VirtualMachine vm = create()) {
            boolean cancelling = true;
            try {
                RunEnd end = run(vm);
                cancelling = end.outcome() instanceof MachineOutcome.Stopped;
                return end;
            } finally {
                detach();
                saves.settle(cancelling);
            }
        }
    }

    private RunEnd run(VirtualMachine vm) {
        attach(vm);
        if (script.isPresent()) {
            script.get().prepare(vm);
        }
        console.open();
        terminal.ifPresent(port -> port.console().open());
        if (!goesOn) {
            vm.start();
        }
        goesOn = false;
        console.start();
        serve();
        terminal.ifPresent(port -> port.console().start());
        if (script.isPresent()) {
            script.get().attach(vm);
        }
        MachineOutcome outcome = limits.await(vm, this::cutShort);
        Optional<String> panic = request.watching().panics() ? watch.panic() : Optional.empty();
        return new Aftermath(vm, outcome, panic, request.watching().symbols()).end(cutSoFar());
    }

    private synchronized boolean isAgain(RunEnd end) {
        if (saves.elsewhere().isPresent() || end.line().isPresent()) {
            return false;
        }
        MachineOutcome outcome = end.outcome();
        boolean asked = rebooting && outcome instanceof MachineOutcome.Stopped && !stopped;
        rebooting = false;
        return asked || request.reboot() && outcome instanceof MachineOutcome.ResetRequested;
    }

    /** Waits for the script, where that has suspended the guest. */
    private boolean isToResume() {
        if (script.isPresent()) {
            first = script.get().awaitNext();
        }
        return first.isPresent();
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
        Thread.ofPlatform().daemon().name("control-start").start(this::startServer);
    }

    private void startServer() {
        synchronized (control) {
            folderHeld().ifPresent(this::startServer);
        }
    }

    private void startServer(RuntimeFolder held) {
        try {
            ControlServer started =
                    ControlServer.start(
                            held.path(),
                            new SessionVmm(name(), this, hub, saves),
                            TopLevel.versionNumber());
            synchronized (this) {
                server = Optional.of(started);
            }
            announce(held);
            RuntimeFolder.sweepDead();
        } catch (LinuxException e) {
            // Where the guest has ended meanwhile, its folder is gone, and that is no failure.
            if (folderHeld().isPresent()) {
                console.notice(
                        e.getMessage() + " The guest runs on, out of reach of other commands.");
            }
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

    private void panicked() {
        if (request.watching().panics()) {
            cutShort(new CutShort.Panicked());
        }
    }

    /** The steps of the script are over, and with them the guest. */
    void scriptOver(boolean failed) {
        cutShort(new CutShort.ScriptOver(failed));
    }

    /** A number that grows as the guest does something. */
    long activity(VirtualMachine vm) {
        return watch.activity(vm);
    }

    /** Ends the guest for a reason that the process tells of and returns; the first one counts. */
    private synchronized void cutShort(CutShort why) {
        if (cut.isEmpty() && !stopped) {
            cut = Optional.of(why);
        }
        stop();
    }

    private synchronized Optional<CutShort> cutSoFar() {
        return cut;
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
        if (script.isPresent()) {
            script.get().roomCame();
        }
    }

    private void detach() {
        if (script.isPresent()) {
            script.get().detach();
        }
        synchronized (this) {
            machine = Optional.empty();
        }
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
        if (script.isPresent()) {
            script.get().release();
        }
        terminal.ifPresent(port -> port.console().release());
    }

    private void leave() {
        console.close();
        log.ifPresent(ConsoleLog::close);
        hub.close(LEAVE_WITHIN_MILLIS);
        terminal.ifPresent(port -> port.console().close());
        Optional<RuntimeFolder> held;
        Optional<ControlServer> served;
        synchronized (control) {
            synchronized (this) {
                held = folder;
                folder = Optional.empty();
                served = server;
                server = Optional.empty();
            }
        }
        served.ifPresent(ControlServer::close);
        held.ifPresent(RuntimeFolder::close);
    }
}
