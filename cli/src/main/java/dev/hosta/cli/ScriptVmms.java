package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.StepException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The other processes in which a script has guests: forks, and those that it sent elsewhere. All of
 * them end with this one.
 *
 * <p>Threading: guests by the script's thread; {@link #close} by any.
 */
final class ScriptVmms implements AutoCloseable {
    private static final int MOST_OF_NAME = 56;

    private final String name;

    // Guarded by this object's monitor.
    private final List<VmmProcess> processes = new ArrayList<>();
    private int count;
    private boolean closed;

    /**
     * None yet.
     *
     * @param name of the VM of this process; those of the others begin with it
     */
    ScriptVmms(String name) {
        this.name = name;
    }

    /** The VM of this process. */
    String name() {
        return name;
    }

    /**
     * A second VM that begins as one stands.
     *
     * @param of the name of that one
     * @param agent the second one's
     * @throws StepException where it does not run in time
     */
    VmmGuest fork(String of, Optional<AgentLink> agent, long endNanos) throws InterruptedException {
        new VmmApi(of).awaitServed(endNanos);
        ConsoleText text = new ConsoleText();
        VmmGuest twin = start(List.of("fork", of), text, text, agent, endNanos);
        return twin.awaitRunning(endNanos).begin().asFork(endNanos);
    }

    /**
     * A VMM that waits for a guest.
     *
     * @param text what the guest shows, and has shown
     * @param output gets what it goes on to show
     * @throws StepException where it does not wait in time
     */
    VmmGuest receive(
            ConsoleText text, ConsoleOutput output, Optional<AgentLink> agent, long endNanos)
            throws InterruptedException {
        Path socket = RuntimeFolder.pathOf(name).resolve("receive-" + (count() + 1));
        List<String> words = List.of("receive", "--listen", "unix:" + socket);
        return start(words, text, output, agent, endNanos).awaitListening(socket, endNanos);
    }

    /**
     * A VM that goes on from what was saved.
     *
     * @param folder the saved form
     * @throws StepException where it does not run in time
     */
    VmmGuest resume(
            Path folder,
            ConsoleText text,
            ConsoleOutput output,
            Optional<AgentLink> agent,
            long endNanos)
            throws InterruptedException {
        List<String> words = List.of("resume", folder.toString());
        return start(words, text, output, agent, endNanos).awaitRunning(endNanos).begin();
    }

    private synchronized int count() {
        return count;
    }

    private VmmGuest start(
            List<String> words,
            ConsoleText text,
            ConsoleOutput output,
            Optional<AgentLink> agent,
            long endNanos)
            throws InterruptedException {
        String made;
        synchronized (this) {
            count++;
            String base = name.length() > MOST_OF_NAME ? name.substring(0, MOST_OF_NAME) : name;
            made = base + "-" + count;
        }
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of("--name", made, "--console", "stdio"));
        try {
            Path socket = RuntimeFolder.pathOf(name).resolve("script-" + made);
            VmmProcess process = VmmProcess.start(all, socket, endNanos);
            keep(process);
            return new VmmGuest(this, made, process, text, output, agent);
        } catch (IOException | LinuxException e) {
            throw new StepException("no other VMM can be started: " + e.getMessage(), e);
        }
    }

    private synchronized void keep(VmmProcess process) {
        processes.add(process);
        if (closed) {
            process.close();
        }
    }

    /** Ends all of them. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        processes.forEach(VmmProcess::close);
    }
}
