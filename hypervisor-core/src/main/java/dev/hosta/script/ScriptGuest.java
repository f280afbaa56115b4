package dev.hosta.script;

import dev.hosta.machine.MachineOutcome;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The guest that a script talks to, as whoever runs it offers it.
 *
 * <p>Threading: called by the script's thread; the guest may end at any moment. What cannot be done
 * is a {@link StepException}, or an exception of the host's with a line for the user.
 */
public interface ScriptGuest {
    /** What it shows. */
    ConsoleText console();

    /**
     * Types on its console; waits for room.
     *
     * @param endNanos {@link System#nanoTime} after which to give up
     * @throws StepException where it takes no more, or has ended
     */
    void send(byte[] bytes, long endNanos) throws InterruptedException;

    /** How it ended; empty while it goes on. */
    Optional<MachineOutcome> outcome();

    /** Waits for its end; empty when it goes on after that time. */
    Optional<MachineOutcome> awaitEnd(long endNanos) throws InterruptedException;

    /**
     * A number that changes when the guest does something that can be seen from outside: writes to
     * its console, or has its devices do something.
     */
    long activity();

    /** Stops its vCPUs. */
    void pause();

    /** Lets its vCPUs go on. */
    void unpause();

    /** Presses its power button. */
    void pressPowerButton();

    /** Ends it from outside. */
    void stop();

    /**
     * Saves it; it goes on.
     *
     * @param endNanos {@link System#nanoTime} after which to give up
     */
    void snapshot(Path folder, long endNanos);

    /**
     * Saves it and takes its machine down; {@link #resume} must follow.
     *
     * @param endNanos after which to give up
     */
    void suspend(Path folder, long endNanos);

    /**
     * Goes on from what was saved.
     *
     * @param endNanos after which to give up
     * @return who takes this guest's place; may be this one
     */
    ScriptGuest resume(Path folder, long endNanos) throws InterruptedException;

    /**
     * A second guest that begins as this one stands.
     *
     * @param endNanos after which to give up
     * @return that guest, for which {@link #stop} waits until nothing is left of it
     */
    ScriptGuest fork(long endNanos) throws InterruptedException;

    /**
     * Sends it to another VMM on this host.
     *
     * @param endNanos after which to give up
     * @return who takes this guest's place: itself, over there
     */
    ScriptGuest migrate(long endNanos) throws InterruptedException;

    /**
     * Runs a command in it, by its agent.
     *
     * @param endNanos after which to give up
     */
    CommandResult run(String command, long endNanos) throws InterruptedException;

    /**
     * Runs a command in it, by its agent; what it writes goes where the user sees it.
     *
     * @param endNanos after which to give up
     * @return its status, 0..255
     */
    int exec(String command, long endNanos) throws InterruptedException;

    /**
     * How a command in the guest went.
     *
     * @param status 0..255
     * @param out its standard output
     * @param err its standard error
     */
    record CommandResult(int status, String out, String err) {}
}
