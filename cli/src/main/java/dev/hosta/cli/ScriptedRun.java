package dev.hosta.cli;

import dev.hosta.kvm.KvmException;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.Script;
import dev.hosta.script.ScriptGuest;
import dev.hosta.script.ScriptResult;
import dev.hosta.script.ScriptRun;
import dev.hosta.script.StepException;
import dev.hosta.script.StepResult;
import dev.hosta.snapshot.Overrides;
import dev.hosta.snapshot.RestoreOptions;
import dev.hosta.snapshot.SaveException;
import dev.hosta.snapshot.SaveOptions;
import dev.hosta.snapshot.SaveProgress;
import dev.hosta.snapshot.SavedForm;
import dev.hosta.snapshot.SavedFormException;
import dev.hosta.snapshot.SavedMachine;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The script of a run: takes its steps beside the guest, and says whether they were passed.
 *
 * <p>Threading: the steps on a thread of their own; {@link #attach}, {@link #detach} and {@link
 * #end} by the session's, {@link #roomCame} by any. A machine goes away only between two things
 * that the script does to it.
 */
final class ScriptedRun implements ScriptGuest {
    private final String name;
    private final Script script;
    private final Optional<Reporting> reporting;
    private final Session session;
    private final Optional<AgentLink> agent;
    private final ConsoleText text = new ConsoleText();
    private final Thread thread = new Thread(this::takeSteps, "script");

    /** Held while the script does something to the machine. */
    private final Object operation = new Object();

    // Guarded by the operation's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();

    // Guarded by this object's monitor.
    private boolean started;
    private boolean suspended;
    private long rooms;
    private Optional<MachineMaking> next = Optional.empty();
    private Optional<MachineOutcome> outcome = Optional.empty();
    private Optional<ScriptResult> result = Optional.empty();

    /** Nothing is done yet. */
    ScriptedRun(Watching.Named named, Session session) {
        this.name = named.name();
        this.script = named.script();
        this.reporting = named.reporting();
        this.agent =
                script.needsAgent()
                        ? Optional.of(new AgentLink(script.isForCommands()))
                        : Optional.empty();
        this.session = session;
    }

    /** A machine runs; the first one starts the steps. */
    void attach(VirtualMachine running) {
        synchronized (operation) {
            machine = Optional.of(running);
        }
        synchronized (this) {
            suspended = false;
            notifyAll();
            if (!started) {
                started = true;
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    /** The machine is about to go away; waits until nothing is done to it. */
    void detach() {
        synchronized (operation) {
            machine = Optional.empty();
        }
    }

    /** Waits for the machine that follows one that was suspended; empty where none does. */
    synchronized Optional<MachineMaking> awaitNext() {
        try {
            while (suspended && next.isEmpty() && result.isEmpty()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Optional<MachineMaking> making = next;
        next = Optional.empty();
        return making;
    }

    /** The guest has ended for good: the steps end as well, and say how they went. */
    private ScriptResult end(MachineOutcome last) {
        synchronized (this) {
            outcome = Optional.of(last);
            notifyAll();
        }
        text.end();
        release();
        synchronized (this) {
            try {
                while (started && result.isEmpty()) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return result.orElseGet(() -> new ScriptResult(name, List.of(), 1, ""));
        }
    }

    /** Waits for the steps of a guest that has ended for good, and says what came of both. */
    RunEnd judge(RunEnd guest) {
        ScriptResult steps = end(guest.outcome());
        RunEnd all = guest.judged(steps, script.awaitsEnd());
        reporting.ifPresent(to -> to.write(all.report(steps)));
        return all;
    }

    /** To be called when a guest that took no input has room again. */
    synchronized void roomCame() {
        rooms++;
        notifyAll();
    }

    private void takeSteps() {
        Optional<ScriptResult> done = Optional.empty();
        try {
            done = Optional.of(new ScriptRun(name, script, this, this::stepped).run());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ScriptResult how = done.orElseGet(() -> new ScriptResult(name, List.of(), 1, ""));
            synchronized (this) {
                result = Optional.of(how);
                notifyAll();
            }
            if (how.failed().isPresent() || !script.awaitsEnd()) {
                session.scriptOver(how.failed().isPresent());
            }
        }
    }

    private void stepped(StepResult step) {
        reporting.ifPresent(to -> to.stepped(step));
    }

    @Override
    public ConsoleText console() {
        return text;
    }

    @Override
    public void send(byte[] bytes, long endNanos) throws InterruptedException {
        int sent = 0;
        while (sent < bytes.length) {
            long before;
            synchronized (this) {
                if (outcome.isPresent()) {
                    throw new StepException("the guest has ended");
                }
                before = rooms;
            }
            int count = session.offer(bytes, sent, bytes.length - sent);
            sent += count;
            if (count == 0) {
                awaitRoom(before, endNanos);
            }
        }
    }

    private synchronized void awaitRoom(long before, long endNanos) throws InterruptedException {
        while (rooms == before && outcome.isEmpty()) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new StepException("the guest does not take what is typed");
            }
            wait(left);
        }
    }

    @Override
    public synchronized Optional<MachineOutcome> outcome() {
        return outcome;
    }

    @Override
    public synchronized Optional<MachineOutcome> awaitEnd(long endNanos)
            throws InterruptedException {
        while (outcome.isEmpty()) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        return outcome;
    }

    /** Does something to the machine, which stays there meanwhile. */
    private void doing(Consumer<VirtualMachine> action) {
        synchronized (operation) {
            VirtualMachine there =
                    machine.orElseThrow(() -> new StepException("there is no guest now"));
            try {
                action.accept(there);
            } catch (IllegalStateException
                    | KvmException
                    | LinuxException
                    | SaveException
                    | SavedFormException e) {
                throw failed(e);
            }
        }
    }

    private static StepException failed(RuntimeException e) {
        String what = e.getMessage();
        return new StepException(
                what.endsWith(".") ? what.substring(0, what.length() - 1) : what, e);
    }

    @Override
    public long activity() {
        synchronized (operation) {
            return machine.map(session::activity).orElse(0L);
        }
    }

    @Override
    public void pause() {
        doing(VirtualMachine::pause);
    }

    @Override
    public void unpause() {
        doing(VirtualMachine::resume);
    }

    @Override
    public void pressPowerButton() {
        doing(VirtualMachine::pressPowerButton);
    }

    @Override
    public void stop() {
        session.stop();
    }

    @Override
    public void snapshot(Path folder) {
        doing(vm -> SavedForm.write(vm, folder, SaveOptions.SNAPSHOT, SaveProgress.NONE));
    }

    @Override
    public void suspend(Path folder) {
        doing(
                vm -> {
                    SavedForm.write(vm, folder, SaveOptions.SUSPEND, SaveProgress.NONE);
                    synchronized (this) {
                        suspended = true;
                    }
                    vm.requestStop();
                });
    }

    @Override
    public void resume(Path folder) {
        synchronized (this) {
            if (!suspended) {
                throw new StepException("the guest is not suspended; suspend it first");
            }
        }
        try {
            SavedMachine saved = SavedForm.read(folder);
            synchronized (this) {
                next =
                        Optional.of(
                                (console, terminal) ->
                                        saved.restore(
                                                Overrides.NONE,
                                                console,
                                                terminal,
                                                RestoreOptions.CHECKED));
                notifyAll();
                while (suspended && outcome.isEmpty()) {
                    wait();
                }
                if (suspended) {
                    throw new StepException("the guest did not go on");
                }
            }
        } catch (SavedFormException | SaveException | LinuxException e) {
            throw failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepException("it was interrupted", e);
        }
    }

    @Override
    public CommandResult run(String command, long endNanos) throws InterruptedException {
        return link().run(command, endNanos, Optional.empty(), Optional.empty());
    }

    @Override
    public int exec(String command, long endNanos) throws InterruptedException {
        Optional<OutputStream> out = Optional.of(System.out);
        Optional<OutputStream> err = Optional.of(System.err);
        return link().run(command, endNanos, out, err).status();
    }

    private AgentLink link() {
        return agent.orElseThrow(() -> new StepException("the guest has no agent"));
    }

    /** Has nobody wait for the agent any longer: the guest is about to end. */
    void release() {
        agent.ifPresent(AgentLink::end);
    }

    /** Connects the machine, which does not run yet, with what the steps need of it. */
    void prepare(VirtualMachine made) {
        if (agent.isEmpty()) {
            return;
        }
        synchronized (this) {
            // One that goes on from where it stood has an agent that answered before.
            if (!suspended) {
                agent.get().restart();
            }
        }
        made.connectAgent(agent.get());
    }
}
