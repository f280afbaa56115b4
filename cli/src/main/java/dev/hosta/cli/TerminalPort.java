package dev.hosta.cli;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.StdioPort;
import dev.hosta.linux.Terminal;

import java.lang.foreign.MemorySegment;

/**
 * The guest's virtio console on standard input and output: bytes both ways, and the terminal's size
 * as it changes.
 *
 * <p>Threading: as {@link Console}.
 */
final class TerminalPort implements ConsoleInput.Guest {
    private final Console console;
    private final StdioPort port;
    private final Runnable stop;

    /**
     * Not open yet.
     *
     * @param stop ends the guest, as the user asked
     */
    TerminalPort(Runnable stop) {
        this.stop = stop;
        this.console = Console.of(new ConsoleChoice.Stdio(), this);
        this.port = new StdioPort(new Screen(console.writer()));
        port.onRoom(console::roomCame);
    }

    /** Passes the guest's bytes on to the writer. */
    private record Screen(ConsoleWriter writer) implements StdioPort.Output {
        @Override
        public int offer(MemorySegment bytes) {
            return writer.offer(bytes);
        }

        @Override
        public void onRoom(Runnable action) {
            writer.onRoom(action);
        }
    }

    /** The port that machines get. */
    StdioPort port() {
        return port;
    }

    /** The console, for all but the bytes. */
    Console console() {
        return console;
    }

    /** Has the guest know the terminal's size, now and whenever it changes. */
    void followSize() {
        if (Terminal.isTerminal(FileDescriptor.borrowing(1))) {
            tellSize();
            WindowChanges.onEach(this::tellSize);
        }
    }

    private void tellSize() {
        Terminal.size(FileDescriptor.borrowing(1)).ifPresent(port::resize);
    }

    @Override
    public int offer(byte[] bytes, int offset, int length) {
        return port.offer(bytes, offset, length);
    }

    @Override
    public void stop() {
        stop.run();
    }
}
