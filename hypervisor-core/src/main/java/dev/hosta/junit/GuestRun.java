package dev.hosta.junit;

import dev.hosta.linux.HostThread;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.ScriptRun;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The life of one guest of a test: the machine that it is on now, what it shows, how it ended.
 *
 * <p>Threading: driven by the test's thread; its end and room on its console come from others.
 */
final class GuestRun implements AutoCloseable {
    /**
     * How a guest ended.
     *
     * @param outcome as its machine tells; empty where it went elsewhere, or the host failed
     * @param text behind its name, as part of a sentence
     * @param details more lines; may be empty
     */
    record Ending(Optional<MachineOutcome> outcome, String text, String details) {
        static Ending of(MachineOutcome outcome) {
            String details = outcome instanceof MachineOutcome.Crashed c ? c.report() : "";
            return new Ending(Optional.of(outcome), ScriptRun.describe(outcome), details);
        }
    }

    /** A machine, and the thread that waits for its end. */
    private record Running(VirtualMachine machine, Thread watch) {}

    private final String name;
    private final Duration patience;
    private final GuestFeed feed;
    private final Optional<AgentLink> agent;
    private final Scratch scratch = new Scratch();

    // Guarded by this object's monitor.
    private Optional<Running> running = Optional.empty();
    private Optional<Ending> ending = Optional.empty();
    private Optional<String> panic = Optional.empty();
    private long rooms;

    /**
     * A guest without a machine.
     *
     * @param patience how long each wait for it may take
     * @param text what it shows, which is nothing, or what it showed to nobody before
     * @param agent the host's end of its agent, if it has one
     */
    GuestRun(String name, Duration patience, ConsoleText text, Optional<AgentLink> agent) {
        this.name = name;
        this.patience = patience;
        this.feed = new GuestFeed(text, this::panicked);
        this.agent = agent;
    }

    /** Boots one as planned. */
    static GuestRun boot(GuestPlan plan) {
        GuestRun run =
                new GuestRun(
                        plan.spec().name(), plan.patience(), new ConsoleText(), plan.newAgent());
        run.beginOrClose(
                feed -> {
                    // The image is in its memory then.
                    return VirtualMachine.create(plan.bootable(run.scratch), feed);
                });
        return run;
    }

    String name() {
        return name;
    }

    Duration patience() {
        return patience;
    }

    GuestFeed feed() {
        return feed;
    }

    ConsoleText text() {
        return feed.text();
    }

    Scratch scratch() {
        return scratch;
    }

    Optional<AgentLink> agent() {
        return agent;
    }

    /** As {@link #begin}; closes all where that fails. */
    void beginOrClose(Function<GuestFeed, VirtualMachine> making) {
        boolean begun = false;
        try {
            begin(making);
            begun = true;
        } finally {
            if (!begun) {
                close();
            }
        }
    }

    /** Has it go on on a new machine, which is made, and started unless that is done. */
    void begin(Function<GuestFeed, VirtualMachine> making) {
        VirtualMachine machine = making.apply(feed);
        boolean begun = false;
        try {
            connect(machine);
            begin(machine);
            machine.start();
            begun = true;
        } finally {
            if (!begun) {
                takeOff();
                machine.close();
            }
        }
    }

    /** Connects a machine that is to be its, before that runs. */
    void connect(VirtualMachine machine) {
        agent.ifPresent(machine::connectAgent);
        machine.onConsoleRoom(this::roomCame);
    }

    /** Has it be on a machine that was connected. */
    void begin(VirtualMachine machine) {
        Thread watch = new Thread(() -> watch(machine), name + "-end");
        watch.setDaemon(true);
        synchronized (this) {
            running = Optional.of(new Running(machine, watch));
        }
        HostThread.start(watch);
    }

    private void watch(VirtualMachine machine) {
        Ending how;
        try {
            how = Ending.of(machine.awaitEnd());
        } catch (RuntimeException e) {
            how = new Ending(Optional.empty(), "was lost: " + e.getMessage(), "");
        }
        synchronized (this) {
            if (running.filter(now -> now.machine() == machine).isEmpty()) {
                return;
            }
            ending =
                    Optional.of(
                            panic.map(why -> new MachineOutcome.Crashed(why, ""))
                                    .map(Ending::of)
                                    .orElse(how));
        }
        release();
    }

    private void panicked(String why) {
        synchronized (this) {
            panic = Optional.of("kernel panic: " + why);
            running.ifPresent(now -> now.machine().requestStop());
        }
    }

    private synchronized void roomCame() {
        rooms++;
        notifyAll();
    }

    /** Nobody waits for it any longer. */
    private void release() {
        text().end();
        agent.ifPresent(AgentLink::end);
        synchronized (this) {
            notifyAll();
        }
    }

    /** How it ended; empty while it goes on. */
    synchronized Optional<Ending> ending() {
        return ending;
    }

    /** Waits for its end; empty when it goes on after that time. */
    synchronized Optional<Ending> awaitEnd(long endNanos) throws InterruptedException {
        while (ending.isEmpty()) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        return ending;
    }

    /** The machine that it is on. */
    synchronized Optional<VirtualMachine> machine() {
        return running.map(Running::machine);
    }

    /** How often its full console had room again. */
    synchronized long rooms() {
        return rooms;
    }

    /** Waits for room on its console; false where the time is up. */
    synchronized boolean awaitRoom(long before, long endNanos) throws InterruptedException {
        while (rooms == before && ending.isEmpty()) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** Has it be on no machine; that one is closed, and its end is not the guest's. */
    void takeOff() {
        Optional<Running> former;
        synchronized (this) {
            former = running;
            running = Optional.empty();
        }
        former.ifPresent(GuestRun::close);
    }

    /** It has left for elsewhere, or its machine was taken away for good. */
    void leave(String text) {
        takeOff();
        synchronized (this) {
            ending = Optional.of(new Ending(Optional.empty(), text, ""));
        }
        release();
    }

    private static void close(Running gone) {
        boolean interrupted = false;
        gone.machine().close();
        while (true) {
            try {
                gone.watch().join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does something to its machine. */
    void doing(String what, Consumer<VirtualMachine> action) {
        asked(
                what,
                machine -> {
                    action.accept(machine);
                    return true;
                });
    }

    /** Asks something of its machine. */
    <T> T asked(String what, Function<VirtualMachine, T> question) {
        VirtualMachine there =
                machine().orElseThrow(() -> Failures.of(this, what, "it is on no machine"));
        try {
            return question.apply(there);
        } catch (RuntimeException e) {
            throw Failures.of(this, what, e);
        }
    }

    /** Ends it and leaves nothing behind. Idempotent. */
    @Override
    public void close() {
        release();
        takeOff();
        feed.endLog();
        scratch.close();
    }
}
