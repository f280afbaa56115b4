package dev.hosta.cli;

import dev.hosta.linux.UnixListener;
import dev.hosta.linux.UnixStream;
import dev.hosta.script.StepException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Another process of this program, in which a script has a guest: its console is on the process's
 * standard input and output, the rest goes over a socket, with whose end the process ends.
 *
 * <p>Threading: any thread.
 */
final class VmmProcess implements AutoCloseable {
    private static final long LEAVE_WITHIN_SECONDS = 10;
    private static final int MOST_MESSAGE_LINES = 200;

    private final Process process;
    private final UnixListener listener;

    // Guarded by this object's monitor.
    private final List<String> messages = new ArrayList<>();
    private Optional<UnixStream> line = Optional.empty();
    private boolean closed;

    private VmmProcess(Process process, UnixListener listener) {
        this.process = process;
        this.listener = listener;
    }

    /**
     * Starts one, and waits until it has taken up the line to this process.
     *
     * @param words behind the program's name
     * @param socket for that line
     * @param endNanos {@link System#nanoTime} after which to give up
     * @throws IOException where it cannot be started
     * @throws StepException where it ends, or is not there in time
     */
    static VmmProcess start(List<String> words, Path socket, long endNanos)
            throws IOException, InterruptedException {
        List<String> command = OwnProcess.program();
        command.addAll(words);
        command.addAll(List.of(ScriptLine.OPTION, socket.toString()));
        UnixListener listener = UnixListener.bind(socket);
        VmmProcess started;
        try {
            started = new VmmProcess(new ProcessBuilder(command).start(), listener);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        start(started::takeLine, "vmm-line");
        start(started::takeMessages, "vmm-messages");
        started.awaitLine(endNanos);
        return started;
    }

    static Thread start(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void takeLine() {
        Optional<UnixStream> taken = listener.accept();
        synchronized (this) {
            line = taken;
            notifyAll();
            if (closed) {
                taken.ifPresent(UnixStream::hangUp);
            }
        }
        listener.close();
    }

    private void takeMessages() {
        process.errorReader(StandardCharsets.UTF_8).lines().forEach(this::message);
    }

    private synchronized void message(String text) {
        if (messages.size() < MOST_MESSAGE_LINES) {
            messages.add(text);
        }
        notifyAll();
    }

    private void awaitLine(long endNanos) throws InterruptedException {
        start(this::awaitDeath, "vmm-end");
        synchronized (this) {
            while (line.isEmpty() && process.isAlive() && endNanos - System.nanoTime() > 0) {
                wait(Math.max(1, (endNanos - System.nanoTime()) / 1_000_000));
            }
        }
        if (line().isEmpty()) {
            boolean alive = process.isAlive();
            close();
            throw new StepException(alive ? "the other VMM did not start in time" : complaint());
        }
    }

    private void awaitDeath() {
        try {
            process.waitFor();
            synchronized (this) {
                notifyAll();
            }
            listener.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Carries what the script and the guest's agent say; empty before the process took it up. */
    synchronized Optional<UnixStream> line() {
        return line;
    }

    /** Whether it was told to end. */
    synchronized boolean isClosed() {
        return closed;
    }

    /** The process. */
    Process process() {
        return process;
    }

    /** What it has said so far, without this program's name before each line. */
    synchronized List<String> messages() {
        return messages.stream().map(text -> text.replaceFirst("^hosta: ", "")).toList();
    }

    /** The last that it said, as the reason of a step that failed. */
    String complaint() {
        List<String> all = messages();
        String last = all.isEmpty() ? "the other VMM ended" : all.getLast();
        return last.endsWith(".") ? last.substring(0, last.length() - 1) : last;
    }

    /** Ends it, and waits for that. Idempotent. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            line.ifPresent(UnixStream::hangUp);
        }
        listener.close();
        try {
            if (line().isEmpty() || !process.waitFor(LEAVE_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
