package dev.hosta.junit;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.MigrationReport;
import dev.hosta.script.ScriptGuest.CommandResult;
import dev.hosta.script.StepException;
import dev.hosta.snapshot.DiskCopying;
import dev.hosta.snapshot.Overrides;
import dev.hosta.snapshot.RestoreOptions;
import dev.hosta.snapshot.SaveOptions;
import dev.hosta.snapshot.SaveProgress;
import dev.hosta.snapshot.SavedForm;

import org.opentest4j.AssertionFailedError;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A guest of a test, which runs in the test's own process until the test is over. See {@link
 * GuestTest} for how a test gets one.
 *
 * <p>What cannot be done, or does not happen in time, is an {@link AssertionFailedError}: one line,
 * and below it the last lines on the console. Every wait has an end, the time that {@link
 * GuestTest#timeout} says where none is given.
 *
 * <p>Threading: one thread at a time.
 */
public final class Guest {
    private final GuestRun run;
    private final GuestConsole console;
    private final Consumer<GuestRun> onFork;
    private int forks;
    private Optional<Path> saved = Optional.empty();

    /**
     * A guest that runs.
     *
     * @param onFork gets each fork, to end it
     */
    Guest(GuestRun run, Consumer<GuestRun> onFork) {
        this.run = run;
        this.console = new GuestConsole(run);
        this.onFork = onFork;
    }

    /** Its serial console. */
    public GuestConsole console() {
        return console;
    }

    /** Its name: unique in this process. */
    public String name() {
        return run.name();
    }

    /** As {@link #exec(String, Duration)}, within the time that the test's annotation says. */
    public CommandResult exec(String command) {
        return exec(command, run.patience());
    }

    /**
     * Runs a shell command in a Linux guest, by the agent that {@link GuestTest#agent} asks for;
     * waits for the guest to have come so far.
     *
     * @param command at most 65535 bytes
     * @return its status, output and errors, of each at most 16 MiB; UTF-8
     * @throws AssertionFailedError where it does not end in time, or the guest has no agent
     */
    public CommandResult exec(String command, Duration within) {
        String what = "exec '" + command + "'";
        try {
            return run.agent()
                    .orElseThrow(
                            () ->
                                    Failures.of(
                                            run,
                                            what,
                                            "the guest has no agent; give @GuestTest(agent = …)"))
                    .run(command, GuestConsole.endOf(within), Optional.empty(), Optional.empty());
        } catch (StepException e) {
            throw Failures.of(run, what, e);
        } catch (InterruptedException e) {
            throw Failures.interrupted(what, e);
        }
    }

    /**
     * Makes a second guest that goes on from here, as this one does; it shares this one's memory
     * until one of the two writes a page, has copies of the disks that the guest writes, and is
     * gone when the test is over. It is told that it may run twice.
     */
    public Guest fork() {
        GuestRun twin =
                run.asked(
                        "fork",
                        vm -> {
                            try (FrozenGuest frozen = FrozenGuest.of(run, vm)) {
                                return frozen.twin(run.name() + "." + ++forks);
                            }
                        });
        onFork.accept(twin);
        return new Guest(twin, onFork);
    }

    /** Stops its vCPUs. Idempotent. */
    public void pause() {
        run.doing("pause", VirtualMachine::pause);
    }

    /** Lets its vCPUs go on. Idempotent. */
    public void unpause() {
        run.doing("unpause", VirtualMachine::resume);
    }

    /**
     * Saves it, and it runs on; its writable disks are copied with it.
     *
     * @param folder made, or replaced where it is a saved form
     */
    public void snapshot(Path folder) {
        SaveOptions options = SaveOptions.snapshot(DiskCopying.FULL);
        run.doing(
                "snapshot to " + folder,
                vm -> SavedForm.write(vm, folder, options, SaveProgress.NONE));
    }

    /** Saves it to a folder that is gone after the test; {@link #resume()} must follow. */
    public void suspend() {
        suspend(run.scratch().folder().resolve("suspended"));
    }

    /**
     * Saves it and takes its machine down.
     *
     * @param folder made, or replaced where it is a saved form
     */
    public void suspend(Path folder) {
        run.doing(
                "suspend to " + folder,
                vm -> SavedForm.write(vm, folder, SaveOptions.SUSPEND, SaveProgress.NONE));
        run.takeOff();
        saved = Optional.of(folder);
    }

    /** Has it go on on a new machine, from where {@link #suspend} left it. */
    public void resume() {
        String what = "resume";
        Path folder =
                saved.orElseThrow(
                        () -> Failures.of(run, what, "it is not suspended; suspend it first"));
        saved = Optional.empty();
        try {
            run.begin(
                    feed ->
                            SavedForm.read(folder)
                                    .restore(Overrides.NONE, feed, RestoreOptions.CHECKED));
        } catch (RuntimeException e) {
            throw Failures.of(run, what, e);
        }
    }

    /**
     * Moves it to a new machine in this process while it runs, by Hosta's migration over a local
     * socket; it goes on there.
     */
    public MigrationReport migrate() {
        return run.asked("migrate", vm -> GuestMove.here(run, vm));
    }

    /**
     * Moves it while it runs to a Hosta that waits for it with {@code hosta receive}; it is gone
     * from here then.
     *
     * @param address {@code HOST:PORT} of this host, or {@code unix:PATH}
     */
    public MigrationReport migrateTo(String address) {
        return run.asked("migrate to " + address, vm -> GuestMove.to(address, run, vm));
    }

    /** Presses its power button; whether it heeds that is its own matter. */
    public void pressPowerButton() {
        run.doing("press the power button", VirtualMachine::pressPowerButton);
    }

    /** Ends it from outside, at once. Idempotent. */
    public void stop() {
        run.machine().ifPresent(VirtualMachine::requestStop);
        end();
    }

    /** How it ended; empty while it runs, or has gone elsewhere. */
    public Optional<MachineOutcome> outcome() {
        return run.ending().flatMap(GuestRun.Ending::outcome);
    }

    /** As {@link #end(Duration)}, within the time that the test's annotation says. */
    public MachineOutcome end() {
        return end(run.patience());
    }

    /**
     * Waits for its end. A guest that resets itself has ended.
     *
     * @throws AssertionFailedError where it still runs then, or has gone elsewhere
     */
    public MachineOutcome end(Duration within) {
        String what = "end";
        try {
            GuestRun.Ending ending =
                    run.awaitEnd(GuestConsole.endOf(within))
                            .orElseThrow(
                                    () ->
                                            Failures.of(
                                                    run,
                                                    what,
                                                    "the guest still runs after "
                                                            + GuestConsole.text(within)));
            return ending.outcome()
                    .orElseThrow(() -> Failures.of(run, what, "the guest " + ending.text()));
        } catch (InterruptedException e) {
            throw Failures.interrupted(what, e);
        }
    }

    /**
     * Waits for its end and gives its own status.
     *
     * @return 0 after a power-off, else the status that it reported, 0..255
     * @throws AssertionFailedError where it ended in another way, or not
     */
    public int status() {
        return switch (end()) {
            case MachineOutcome.PoweredOff off -> 0;
            case MachineOutcome.Exited exited -> exited.status();
            case MachineOutcome other ->
                    throw Failures.of(
                            run, "status", "the guest " + run.ending().orElseThrow().text());
        };
    }

    /** The machine that it is on, for what is not offered here. */
    public VirtualMachine machine() {
        return run.asked("look at the machine", vm -> vm);
    }
}
