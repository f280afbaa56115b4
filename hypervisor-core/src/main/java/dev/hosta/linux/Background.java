package dev.hosta.linux;

import java.nio.file.Path;

/**
 * How a process leaves the terminal that it was started from.
 *
 * <p>Threading: any thread.
 */
public final class Background {
    // Looked up here, so that a run in the foreground does not.
    private static final long SETSID = DirectLibC.symbol("setsid");
    private static final long DUP2 = DirectLibC.symbol("dup2");

    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private Background() {}

    /** Begins a session of its own, so that no terminal's end or key reaches the process. */
    public static void leaveTerminal() {
        int session = (int) DirectLibC.INVOKER.invokeN0(DirectLibC.CONTEXTS[0], SETSID);
        Native.checked(session, "leave the terminal", "setsid");
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
                Native.checked(dup2(file.number(), standard), "print to " + log, "dup2");
            }
        }
    }

    private static int dup2(int from, int to) {
        return (int) DirectLibC.INVOKER.invokeN2(DirectLibC.CONTEXTS[2], DUP2, from, to);
    }
}
