package dev.hosta.junit;

import dev.hosta.machine.VirtualMachine;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.snapshot.FrozenMachine;

import java.time.Duration;
import java.util.Optional;

/**
 * A guest at one instant, from which others go on: its machine, and what was on its way between
 * guest and host.
 *
 * <p>Threading: {@link #twin} by any thread; closed once, when no twin is being made.
 */
final class FrozenGuest implements AutoCloseable {
    private final FrozenMachine machine;
    private final ConsoleText text;
    private final Optional<AgentLink> agent;
    private final Duration patience;
    private final Scratch disks;

    private FrozenGuest(
            FrozenMachine machine,
            ConsoleText text,
            Optional<AgentLink> agent,
            Duration patience,
            Scratch disks) {
        this.machine = machine;
        this.text = text;
        this.agent = agent;
        this.patience = patience;
        this.disks = disks;
    }

    /** Between guest and host at the instant. */
    private static final class Between {
        private Optional<ConsoleText> text = Optional.empty();
        private Optional<AgentLink> agent = Optional.empty();
    }

    /** Freezes a guest, which runs on. */
    static FrozenGuest of(GuestRun run, VirtualMachine vm) {
        Scratch disks = new Scratch();
        Between between = new Between();
        boolean done = false;
        try {
            FrozenMachine machine =
                    FrozenMachine.of(
                            vm,
                            disks::folder,
                            () -> {
                                between.text = Optional.of(run.text().twin());
                                between.agent = run.agent().map(AgentLink::twin);
                            });
            done = true;
            return new FrozenGuest(
                    machine, between.text.orElseThrow(), between.agent, run.patience(), disks);
        } finally {
            if (!done) {
                disks.close();
            }
        }
    }

    /** Makes one that goes on from there. */
    GuestRun twin(String name) {
        GuestRun twin = new GuestRun(name, patience, text.twin(), agent.map(AgentLink::twin));
        twin.beginOrClose(feed -> machine.twin(name, twin.scratch()::folder, feed));
        return twin;
    }

    @Override
    public void close() {
        machine.close();
        disks.close();
    }
}
