package dev.hosta.cli;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.Script;
import dev.hosta.script.ScriptResult;
import dev.hosta.script.ScriptRun;
import dev.hosta.script.StepResult;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The script of a run: takes its steps beside the guest, and says whether they were passed.
 *
 * <p>Threading: the steps on a thread of their own; {@link #attach}, {@link #detach} and {@link
 * #judge} by the session's, the rest by any.
 */
final class ScriptedRun {
    private final String name;
    private final Script script;
    private final Optional<Reporting> reporting;
    private final Session session;
    private final ScriptVmms vmms;
    private final SessionGuest guest;
    private final ScriptRun steps;
    private final Thread thread = new Thread(this::takeSteps, "script");

    // Guarded by this object's monitor.
    private boolean started;
    private Optional<ScriptResult> result = Optional.empty();

    /**
     * Nothing is done yet.
     *
     * @param vm the guest's name
     */
    ScriptedRun(Watching.Named named, String vm, Session session) {
        this.name = named.name();
        this.script = named.script();
        this.reporting = named.reporting();
        this.session = session;
        this.vmms = new ScriptVmms(vm);
        Optional<AgentLink> agent =
                script.needsAgent()
                        ? Optional.of(new AgentLink(script.isForCommands()))
                        : Optional.empty();
        this.guest = new SessionGuest(session, agent, vmms);
        this.steps = new ScriptRun(name, script, guest, this::stepped);
    }

    /** A machine runs; the first one starts the steps. */
    void attach(VirtualMachine running) {
        guest.attach(running);
        synchronized (this) {
            if (!started) {
                started = true;
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    /** The machine is about to go away; waits until nothing is done to it. */
    void detach() {
        guest.detach();
    }

    /** Connects the machine, which does not run yet, with what the steps need of it. */
    void prepare(VirtualMachine made) {
        guest.prepare(made);
    }

    /** Waits for the machine that follows one that was suspended; empty where none does. */
    Optional<MachineMaking> awaitNext() {
        return guest.awaitNext();
    }

    /** Whether the machine that is taken down now belongs to a guest on its way elsewhere. */
    boolean isLeaving() {
        return guest.isLeaving();
    }

    /** Whether the script has sent the guest to another process. */
    boolean isElsewhere() {
        return guest.isElsewhere();
    }

    /**
     * Waits for a guest that the script has sent to another process.
     *
     * @param limits of the run
     * @param cutShort is to end the guest that is past one of them
     * @param cut why it was ended from outside, if it was
     * @return how the run ended
     */
    RunEnd awaitElsewhere(
            RunLimits limits, Consumer<CutShort> cutShort, Supplier<Optional<CutShort>> cut) {
        Elsewhere there = new Elsewhere(this, steps);
        MachineOutcome outcome = limits.await(there, cutShort);
        return there.end(outcome, cut.get());
    }

    /** Waits for the steps of a guest that has ended for good, and says what came of both. */
    RunEnd judge(RunEnd last) {
        guest.end(last.outcome());
        ScriptResult done = awaitResult();
        vmms.close();
        RunEnd all = last.judged(done, script.awaitsEnd());
        reporting.ifPresent(to -> to.write(all.report(done)));
        return all;
    }

    private synchronized ScriptResult awaitResult() {
        try {
            while (started && result.isEmpty()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return result.orElseGet(() -> new ScriptResult(name, List.of(), 1, ""));
    }

    /**
     * Waits for the guest that this script has elsewhere: for its end, and that of the steps.
     *
     * @return empty where one of them goes on after that time
     */
    Optional<MachineOutcome> awaitElsewhere(long endNanos) {
        try {
            synchronized (this) {
                while (result.isEmpty()) {
                    long left = (endNanos - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        return Optional.empty();
                    }
                    wait(left);
                }
            }
            return steps.guest().awaitEnd(endNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(new MachineOutcome.Stopped());
        }
    }

    /** To be called when a guest that took no input has room again. */
    void roomCame() {
        guest.roomCame();
    }

    /** What the guest shows. */
    ConsoleText console() {
        return guest.console();
    }

    /** Has nobody wait any longer for what is about to end; the guests elsewhere end as well. */
    void release() {
        guest.release();
        vmms.close();
    }

    private void takeSteps() {
        Optional<ScriptResult> done = Optional.empty();
        try {
            done = Optional.of(steps.run());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ScriptResult how = done.orElseGet(() -> new ScriptResult(name, List.of(), 1, ""));
            synchronized (this) {
                result = Optional.of(how);
                notifyAll();
            }
            guest.scriptOver();
            if (how.failed().isPresent() || !script.awaitsEnd()) {
                session.scriptOver(how.failed().isPresent());
            }
        }
    }

    private void stepped(StepResult step) {
        reporting.ifPresent(to -> to.stepped(step));
    }
}
