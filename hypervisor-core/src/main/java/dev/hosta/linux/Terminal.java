package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A terminal behind a file descriptor: what it is, its size, its raw mode.
 *
 * <p>Reads and writes the kernel's {@code struct termios} (36 bytes) by ioctl.
 *
 * <p>Threading: any thread.
 */
public final class Terminal {
    private static final int TCGETS = 0x5401;
    private static final int TCSETSW = 0x5403;
    private static final int TIOCGWINSZ = 0x5413;

    private static final int TERMIOS_BYTES = 64;
    private static final int C_IFLAG = 0;
    private static final int C_OFLAG = 4;
    private static final int C_CFLAG = 8;
    private static final int C_LFLAG = 12;
    private static final int C_CC = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    private static final int INPUT_OFF = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 0x1;
    // ISIG ICANON ECHO ECHONL IEXTEN
    private static final int LOCAL_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;
    // CSIZE PARENB
    private static final int CONTROL_OFF = 0x30 | 0x100;
    private static final int CS8 = 0x30;

    private Terminal() {}

    /** Columns and rows of a terminal, in characters. */
    public record Size(int columns, int rows) {}

    /**
     * Raw mode in force; {@link #close} brings back what was before.
     *
     * <p>Threading: any thread; only the first close acts.
     */
    public static final class RawMode implements AutoCloseable {
        private final FileDescriptor fd;
        private final byte[] before;
        private boolean restored;

        private RawMode(FileDescriptor fd, byte[] before) {
            this.fd = fd;
            this.before = before;
        }

        /** Restores the terminal. Idempotent; a terminal that is gone is no error. */
        @Override
        public synchronized void close() {
            if (restored) {
                return;
            }
            restored = true;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment termios = arena.allocate(TERMIOS_BYTES, 8);
                MemorySegment.copy(before, 0, termios, ValueLayout.JAVA_BYTE, 0, before.length);
                fd.ioctl(TCSETSW, termios.address());
            }
        }
    }

    /** Whether the descriptor is a terminal. */
    public static boolean isTerminal(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            return fd.ioctl(TCGETS, arena.allocate(TERMIOS_BYTES, 8).address()) >= 0;
        }
    }

    /** The terminal's size; empty where it is none, or does not know. */
    public static Optional<Size> size(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment winsize = arena.allocate(8, 8);
            if (fd.ioctl(TIOCGWINSZ, winsize.address()) < 0) {
                return Optional.empty();
            }
            int rows = winsize.get(ValueLayout.JAVA_SHORT, 0) & 0xffff;
            int columns = winsize.get(ValueLayout.JAVA_SHORT, 2) & 0xffff;
            return rows == 0 || columns == 0
                    ? Optional.empty()
                    : Optional.of(new Size(columns, rows));
        }
    }

    /**
     * Switches to raw mode: bytes as typed, no echo, no signals from keys, no output processing.
     *
     * @return what restores it; the caller closes it whatever happens
     * @throws LinuxException where the descriptor is no terminal
     */
    public static RawMode raw(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(TERMIOS_BYTES, 8);
            check(fd.ioctl(TCGETS, termios.address()), "read the terminal's mode", "TCGETS");
            byte[] before = termios.toArray(ValueLayout.JAVA_BYTE);
            mask(termios, C_IFLAG, INPUT_OFF, 0);
            mask(termios, C_OFLAG, OPOST, 0);
            mask(termios, C_CFLAG, CONTROL_OFF, CS8);
            mask(termios, C_LFLAG, LOCAL_OFF, 0);
            termios.set(ValueLayout.JAVA_BYTE, C_CC + VMIN, (byte) 1);
            termios.set(ValueLayout.JAVA_BYTE, C_CC + VTIME, (byte) 0);
            check(fd.ioctl(TCSETSW, termios.address()), "set the terminal's mode", "TCSETSW");
            return new RawMode(fd, before);
        }
    }

    private static void mask(MemorySegment termios, int offset, int off, int on) {
        int flags = termios.get(ValueLayout.JAVA_INT, offset);
        termios.set(ValueLayout.JAVA_INT, offset, flags & ~off | on);
    }

    private static void check(int result, String action, String request) {
        if (result < 0) {
            throw new LinuxException(action, "ioctl " + request, -result, "");
        }
    }
}
