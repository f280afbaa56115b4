package dev.hosta.cli;

import dev.hosta.control.ControlException;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.kvm.KvmException;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.ScriptGuest;
import dev.hosta.script.StepException;
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
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The guest of a scripted run, as its steps see it, for as long as this process is its VMM.
 *
 * <p>Threading: the steps' thread calls what {@link ScriptGuest} has; {@link #attach}, {@link
 * #detach} and {@link #end} the session's, {@link #roomCame} any. A machine goes away only between
 * two things that the script does to it.
 */
final class SessionGuest implements ScriptGuest {
    /** Where the guest is. */
    private enum Place {
        HERE,
        LEAVING,
        ELSEWHERE
    }

    private final Session session;
    private final Optional<AgentLink> agent;
    private final ScriptVmms vmms;
    private final ConsoleText text = new ConsoleText();

    /** Held while the script does something to the machine. */
    private final Object operation = new Object();

    // Guarded by the operation's monitor.
    private Optional<VirtualMachine> machine = Optional.empty();

    // Guarded by this object's monitor.
    private Place place = Place.HERE;
    private boolean suspended;
    private boolean over;
    private long rooms;
    private Optional<MachineMaking> next = Optional.empty();
    private Optional<MachineOutcome> outcome = Optional.empty();

    /**
     * No machine runs yet.
     *
     * @param agent the host's end of the agent in it, if it has one
     * @param vmms starts other VMMs for it
     */
    SessionGuest(Session session, Optional<AgentLink> agent, ScriptVmms vmms) {
        this.session = session;
        this.agent = agent;
        this.vmms = vmms;
    }

    /** A machine runs. */
    void attach(VirtualMachine running) {
        synchronized (operation) {
            machine = Optional.of(running);
        }
        synchronized (this) {
            suspended = false;
            notifyAll();
        }
    }

    /** The machine is about to go away; waits until nothing is done to it. */
    void detach() {
        synchronized (operation) {
            machine = Optional.empty();
        }
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

    /** Waits for the machine that follows one that was suspended; empty where none does. */
    synchronized Optional<MachineMaking> awaitNext() {
        try {
            while (suspended && next.isEmpty() && !over) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Optional<MachineMaking> making = next;
        next = Optional.empty();
        return making;
    }

    /** Whether the machine that is taken down now belongs to a guest on its way elsewhere. */
    synchronized boolean isLeaving() {
        return place == Place.LEAVING;
    }

    /** Whether the guest has gone elsewhere; waits until that is decided. */
    synchronized boolean isElsewhere() {
        try {
            while (place == Place.LEAVING) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return place == Place.ELSEWHERE;
    }

    /** The script is over: nothing follows any more. */
    synchronized void scriptOver() {
        over = true;
        notifyAll();
    }

    /** The guest has ended for good. */
    void end(MachineOutcome last) {
        synchronized (this) {
            outcome = Optional.of(last);
            notifyAll();
        }
        text.end();
        release();
    }

    /** Has nobody wait for the agent any longer: the guest is about to end. */
    void release() {
        agent.ifPresent(AgentLink::end);
    }

    /** To be called when a guest that took no input has room again. */
    synchronized void roomCame() {
        rooms++;
        notifyAll();
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

    /** What the host refused, as part of the line about a step. */
    static StepException failed(RuntimeException e) {
        String what = String.valueOf(e.getMessage());
        return new StepException(
                what.endsWith(".") ? what.substring(0, what.length() - 1) : what, e);
    }

    @Override
    public long activity() {
        synchronized (operation) {
            return machine.map(session.watch()::activity).orElse(0L);
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

    /** Gives up a save that takes too long. */
    private record Limit(long endNanos) implements SaveProgress {
        @Override
        public void report(Stage stage, long bytesDone, long bytesTotal) {}

        @Override
        public boolean isCancelled() {
            return System.nanoTime() - endNanos >= 0;
        }
    }

    private static void save(VirtualMachine vm, Path folder, SaveOptions options, long endNanos) {
        Limit limit = new Limit(endNanos);
        try {
            SavedForm.write(vm, folder, options, limit);
        } catch (SaveException e) {
            if (limit.isCancelled()) {
                throw new StepException("it was not written in time", e);
            }
            throw e;
        }
    }

    @Override
    public void snapshot(Path folder, long endNanos) {
        doing(vm -> save(vm, folder, SaveOptions.SNAPSHOT, endNanos));
    }

    @Override
    public void suspend(Path folder, long endNanos) {
        doing(
                vm -> {
                    save(vm, folder, SaveOptions.SUSPEND, endNanos);
                    synchronized (this) {
                        suspended = true;
                    }
                    vm.requestStop();
                });
    }

    @Override
    public ScriptGuest resume(Path folder, long endNanos) throws InterruptedException {
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
                awaitResumed(endNanos);
            }
        } catch (SavedFormException | SaveException | LinuxException e) {
            throw failed(e);
        }
        return this;
    }

    private synchronized void awaitResumed(long endNanos) throws InterruptedException {
        while (suspended && outcome.isEmpty()) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        if (suspended) {
            throw new StepException("the guest did not go on");
        }
    }

    @Override
    public ScriptGuest fork(long endNanos) throws InterruptedException {
        return vmms.fork(vmms.name(), agent.map(AgentLink::twin), endNanos);
    }

    @Override
    public ScriptGuest migrate(long endNanos) throws InterruptedException {
        ConsoleOutput serial = session.watch();
        VmmGuest there = vmms.receive(text, serial, agent, endNanos);
        arrive(Place.LEAVING);
        boolean gone = false;
        try {
            there.takeFrom(vmms.name(), endNanos);
            gone = true;
        } catch (ControlException | LinuxException e) {
            throw failed(e);
        } finally {
            arrive(gone ? Place.ELSEWHERE : Place.HERE);
            if (!gone) {
                there.stop();
            }
        }
        return there;
    }

    private synchronized void arrive(Place at) {
        place = at;
        notifyAll();
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
}
