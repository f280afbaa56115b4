package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.Terminal;
import dev.hosta.machine.SpecException;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The host's side of the guest's console: terminal, file or nothing.
 *
 * <p>Opened once the machine stands, so that a machine that cannot be built leaves no file behind
 * and no terminal raw.
 *
 * <p>Threading: any thread; what can be done twice is idempotent.
 */
final class Console implements AutoCloseable {
    private static final int LEAVE_WITHIN_MILLIS = 500;

    private final ConsoleChoice choice;
    private final ConsoleWriter writer = new ConsoleWriter();
    private final Optional<ConsoleInput> input;
    private final boolean isTerminal;

    // Guarded by this object's monitor.
    private boolean ready;
    private Optional<Terminal.RawMode> raw = Optional.empty();
    private Optional<FileOutputStream> stream = Optional.empty();
    private boolean started;
    private boolean closed;

    private Console(ConsoleChoice choice, boolean isTerminal, Optional<ConsoleInput> input) {
        this.choice = choice;
        this.isTerminal = isTerminal;
        this.input = input;
    }

    /** The console that was asked for, not open yet. */
    static Console of(ConsoleChoice choice, ConsoleInput.Guest guest) {
        if (!(choice instanceof ConsoleChoice.Stdio)) {
            return new Console(choice, false, Optional.empty());
        }
        boolean isTerminal = Terminal.isTerminal(FileDescriptor.borrowing(0));
        FileInputStream stdin = new FileInputStream(java.io.FileDescriptor.in);
        return new Console(
                choice, isTerminal, Optional.of(new ConsoleInput(stdin, guest, isTerminal)));
    }

    /** Where the machine's bytes go. */
    ConsoleOutput output() {
        return choice instanceof ConsoleChoice.None ? value -> {} : writer;
    }

    /** What carries the output, for a device that must not wait. */
    ConsoleWriter writer() {
        return writer;
    }

    /**
     * Opens the file, or makes the terminal raw; later calls do nothing.
     *
     * @throws SpecException where the file cannot be written
     */
    synchronized void open() {
        openStream();
        if (!closed && isTerminal && raw.isEmpty()) {
            raw = Optional.of(Terminal.raw(FileDescriptor.borrowing(0)));
        }
    }

    /**
     * Has all that carries bytes, for a guest that is to come; the terminal stays as it is.
     *
     * @throws SpecException where the file cannot be written
     * @throws LinuxException where the host has no threads
     */
    synchronized void makeReady() {
        if (closed || ready) {
            return;
        }
        openStream();
        if (!(choice instanceof ConsoleChoice.None)) {
            String what =
                    choice instanceof ConsoleChoice.ToFile(Path path)
                            ? path.toString()
                            : "standard output";
            writer.start(stream.orElseThrow(), what, this::notice);
        }
        input.ifPresent(in -> in.start(this::notice));
        ready = true;
    }

    private void openStream() {
        if (closed || stream.isPresent()) {
            return;
        }
        if (choice instanceof ConsoleChoice.ToFile(Path path)) {
            try {
                stream = Optional.of(new FileOutputStream(path.toFile()));
            } catch (IOException e) {
                throw new SpecException("Cannot write the console to " + e.getMessage() + ".", e);
            }
        } else {
            stream = Optional.of(new FileOutputStream(java.io.FileDescriptor.out));
        }
    }

    /** Starts to carry bytes both ways; later calls do nothing. */
    synchronized void start() {
        if (closed || started) {
            return;
        }
        makeReady();
        started = true;
        input.ifPresent(ConsoleInput::begin);
    }

    /** Whether the user sits at a terminal and types for the guest. */
    boolean isTerminal() {
        return isTerminal;
    }

    /** Prints a line for the user beside the guest's output. */
    synchronized void notice(String text) {
        // A raw terminal does not go back to the first column by itself.
        String end = raw.isPresent() ? "\r\n" : "\n";
        System.err.print((raw.isPresent() ? end : "") + Failure.line(text) + end);
    }

    /** To be called when a guest that took no input has room again. */
    void roomCame() {
        input.ifPresent(ConsoleInput::roomCame);
    }

    /** Drops output from now on, so that no vCPU waits for the host to take it. */
    void release() {
        writer.release();
    }

    /** Waits until all output is out, however long that takes. */
    void flush() {
        writer.flush(0);
    }

    /** Waits a little for output to get out. */
    void flushSoon() {
        writer.flush(LEAVE_WITHIN_MILLIS);
    }

    /** Puts the terminal back. */
    @Override
    public synchronized void close() {
        closed = true;
        writer.close();
        input.ifPresent(ConsoleInput::close);
        if (raw.isPresent()) {
            raw.get().close();
            raw = Optional.empty();
        }
    }
}
