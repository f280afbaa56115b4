package dev.hosta.cli;

import dev.hosta.control.ConsoleHub;
import dev.hosta.control.VmView;
import dev.hosta.linux.Background;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.SpecException;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.ConsoleLog;

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
    private final RunPlace place;

    // Of the thread that runs.
    private Optional<MachineMaking> first;
    private boolean goesOn;

    // Guarded by this object's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();
    private boolean awaited;
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
        this.script =
                request.watching().script().map(named -> new ScriptedRun(named, name(), this));
        this.log = request.watching().log().map(file -> new ConsoleLog(file, Failure::print));
        this.watch = new GuestWatch(console.output(), log, script, this::panicked);
        this.hub = new ConsoleHub(watch, this::offer);
        this.terminal =
                request.machine().consoles().isOnStdio()
                        ? Optional.of(new TerminalPort(this::stop))
                        : Optional.empty();
        this.place = new RunPlace(this, request, console);
        this.limits = new RunLimits(request.timeout(), request.watching().stall());
    }

    /**
     * A run of a guest that is to arrive.
     *
     * @param held the folder of its name
     */
    Session(RunRequest request, RuntimeFolder held) {
        this(request, Optional.empty());
        place.hold(held);
        awaited = true;
    }

    /**
     * Makes all that a guest which is to arrive takes beside its machine, so that following it
     * needs nothing more from the host. Others see a VM that is not booted.
     */
    void makeReady() {
        console.makeReady();
        terminal.ifPresent(port -> port.console().makeReady());
        place.serveNow();
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
            place.claim();
            request.watching().makeInitramfs(request.machine().boot());
            end = runUntilEnd();
            console.flush();
            terminal.ifPresent(port -> port.console().flush());
            place.announce();
        } finally {
            leave();
        }
        Optional<String> elsewhere = saves.elsewhere();
        if (script.isPresent()) {
            end = script.get().judge(end);
        }
        if (elsewhere.isPresent() && !(script.isPresent() && script.get().isElsewhere())) {
            Failure.print("'" + name() + "' " + elsewhere.get() + ".");
        }
        return end.tell();
    }

    private RunEnd runUntilEnd() {
        while (true) {
            RunEnd end = runOne();
            if (script.isPresent() && script.get().isElsewhere()) {
                return script.get().awaitElsewhere(limits, this::cutShort, this::cutSoFar);
            }
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
        if (goesOn) {
            openForArrived();
        } else {
            open();
            vm.start();
        }
        goesOn = false;
        console.start();
        serve();
        terminal.ifPresent(port -> port.console().start());
        if (script.isPresent()) {
            script.get().attach(vm);
        }
        MachineOutcome outcome = limits.await(watch.of(vm), this::cutShort);
        Optional<String> panic = request.watching().panics() ? watch.panic() : Optional.empty();
        return new Aftermath(vm, outcome, panic, request.watching().symbols()).end(cutSoFar());
    }

    private void open() {
        console.open();
        terminal.ifPresent(port -> port.console().open());
    }

    /** A guest that is here, and maybe nowhere else, is not lost for a terminal. */
    private void openForArrived() {
        try {
            open();
        } catch (SpecException | LinuxException e) {
            console.notice(e.getMessage() + " The guest runs on.");
        }
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
    private void serve() {
        claimConsole();
        place.serveSoon();
    }

    private void claimConsole() {
        if (console.isTerminal()) {
            hub.claim(PidFile.ownPid());
        }
    }

    /** Whether the guest is still to arrive. */
    synchronized boolean isAwaited() {
        return awaited;
    }

    /** The run as its API has it. */
    SessionVmm vmm() {
        return new SessionVmm(name(), this, hub, saves);
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

    private void panicked() {
        if (request.watching().panics()) {
            cutShort(new CutShort.Panicked());
        }
    }

    /** The steps of the script are over, and with them the guest. */
    void scriptOver(boolean failed) {
        cutShort(new CutShort.ScriptOver(failed));
    }

    /** Looks at what the guest writes, wherever it runs. */
    GuestWatch watch() {
        return watch;
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

    private synchronized void attach(VirtualMachine vm) {
        machine = Optional.of(vm);
        awaited = false;
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
        // A machine that is being made anew loses what is typed meanwhile, as a real one does; what
        // is meant for one that is to arrive waits.
        return machine.map(vm -> vm.offerConsoleInput(bytes, offset, length))
                .orElse(awaited ? 0 : length);
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        release();
        machine.ifPresent(VirtualMachine::requestStop);
    }

    /** Takes the machine down, whose guest ends, or goes on elsewhere where its script sent it. */
    void takeDown() {
        if (script.isPresent() && script.get().isLeaving()) {
            reboot(false);
        } else {
            stop();
        }
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
    void reboot() {
        reboot(true);
    }

    private synchronized void reboot(boolean anew) {
        rebooting = anew;
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

    /** Gives everything back. Idempotent. */
    void leave() {
        console.close();
        log.ifPresent(ConsoleLog::close);
        hub.close(LEAVE_WITHIN_MILLIS);
        terminal.ifPresent(port -> port.console().close());
        place.close();
    }
}
