package dev.hosta.linux;

import java.nio.file.Path;

/**
 * How a process leaves the terminal that it was started from.
 *
 * <p>Threading: any thread.
 */
public final class Background {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private Background() {}

    /** Begins a session of its own, so that no terminal's end or key reaches the process. */
    public static void leaveTerminal() {
        Native.checked(Native.LIBC.setsid(), "leave the terminal", "setsid");
    }

    /**
     * Sends what is printed from now on into a file, and lets go of where it went before.
     *
     * @param log made where it is missing, else appended to
     * @throws LinuxException where it cannot be written
     */
    public static void print(Path log) {
        int flags = FileDescriptor.O_WRONLY | FileDescriptor.O_CREAT | FileDescriptor.O_APPEND;
        try (FileDescriptor file = FileDescriptor.open(log, flags)) {
            for (int standard : new int[] {STDOUT, STDERR}) {
                Native.checked(
                        Native.LIBC.dup2(file.number(), standard), "print to " + log, "dup2");
            }
        }
    }
}
