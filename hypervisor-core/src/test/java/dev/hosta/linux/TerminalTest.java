package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Raw mode and its end, on a pseudo-terminal. */
class TerminalTest {
    private static final int O_NOCTTY = 0x100;
    private static final long TIOCSPTLCK = 0x40045431L;
    private static final long TIOCGPTN = 0x80045430L;
    private static final long TIOCSWINSZ = 0x5414;
    private static final long TCGETS = 0x5401;

    @Test
    void rawModeComesAndGoes() {
        int flags = FileDescriptor.O_RDWR | O_NOCTTY;
        try (FileDescriptor master = FileDescriptor.open("/dev/ptmx", flags);
                Arena arena = Arena.ofConfined();
                FileDescriptor slave = FileDescriptor.open(slaveOf(master), flags)) {
            assertTrue(Terminal.isTerminal(slave));
            byte[] before = mode(slave);
            MemorySegment byteIn = arena.allocate(1);
            Terminal.RawMode raw = Terminal.raw(slave);
            try {
                assertTrue(before[12] != mode(slave)[12], "c_lflag is unchanged");
                byteIn.set(ValueLayout.JAVA_BYTE, 0, (byte) 3); // Ctrl-C is a byte, not a signal
                assertEquals(1, master.write(byteIn));
                byteIn.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
                assertEquals(1, slave.read(byteIn));
                assertEquals(3, byteIn.get(ValueLayout.JAVA_BYTE, 0));
            } finally {
                raw.close();
                raw.close();
            }
            assertEquals(new String(before), new String(mode(slave)));
        }
    }

    @Test
    void sizeIsKnownOnceSet() {
        int flags = FileDescriptor.O_RDWR | O_NOCTTY;
        try (FileDescriptor master = FileDescriptor.open("/dev/ptmx", flags);
                Arena arena = Arena.ofConfined()) {
            assertEquals(Optional.empty(), Terminal.size(master));
            MemorySegment size = arena.allocate(8, 8);
            size.set(ValueLayout.JAVA_SHORT, 0, (short) 25);
            size.set(ValueLayout.JAVA_SHORT, 2, (short) 80);
            assertEquals(0, master.ioctl(TIOCSWINSZ, size.address()));
            assertEquals(Optional.of(new Terminal.Size(80, 25)), Terminal.size(master));
        }
    }

    @Test
    void whatIsNoTerminalIsRefused() {
        try (FileDescriptor fd = FileDescriptor.open("/dev/null", FileDescriptor.O_RDWR)) {
            assertEquals(Optional.empty(), Terminal.size(fd));
            LinuxException e = assertThrows(LinuxException.class, () -> Terminal.raw(fd).close());
            assertEquals(
                    "Cannot read the terminal's mode: ioctl TCGETS failed, errno=ENOTTY(25).",
                    e.getMessage());
        }
    }

    private static String slaveOf(FileDescriptor master) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(4, 8);
            assertEquals(0, master.ioctl(TIOCSPTLCK, number.address()));
            assertEquals(0, master.ioctl(TIOCGPTN, number.address()));
            return "/dev/pts/" + number.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private static byte[] mode(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(64, 8);
            assertEquals(0, fd.ioctl(TCGETS, termios.address()));
            return termios.toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
