package dev.hosta.linux;

import static dev.hosta.linux.DirectLibC.CONTEXTS;
import static dev.hosta.linux.DirectLibC.INVOKER;
import static dev.hosta.linux.DirectLibC.symbol;

import com.kenai.jffi.Library;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A program that this process started and that ends with {@link #close}: posix_spawn(3).
 *
 * <p>It gets just the descriptors that it is given, in a session of its own, so that no key on the
 * terminal reaches it. The JDK's own processes hand over three pipes and nothing else.
 *
 * <p>Threading: any thread; {@link #close} once at a time.
 */
final class ChildProcess implements AutoCloseable {
    private static final long SPAWN = symbol("posix_spawnp");
    private static final long ACTIONS_INIT = symbol("posix_spawn_file_actions_init");
    private static final long ACTIONS_DUP2 = symbol("posix_spawn_file_actions_adddup2");
    private static final long ACTIONS_OPEN = symbol("posix_spawn_file_actions_addopen");
    private static final long ACTIONS_DESTROY = symbol("posix_spawn_file_actions_destroy");
    private static final long ATTRIBUTES_INIT = symbol("posix_spawnattr_init");
    private static final long ATTRIBUTES_FLAGS = symbol("posix_spawnattr_setflags");
    private static final long ATTRIBUTES_SIGMASK = symbol("posix_spawnattr_setsigmask");

    /** Since glibc 2.34; 0 where it is not there. */
    private static final long ACTIONS_CLOSE_FROM =
            Library.getDefault().getSymbolAddress("posix_spawn_file_actions_addclosefrom_np");

    private static final long WAITPID = symbol("waitpid");
    private static final long KILL = symbol("kill");

    private static final int POSIX_SPAWN_SETSIGMASK = 0x08;
    private static final int POSIX_SPAWN_SETSID = 0x80;

    /** Room for glibc's opaque types and its sigset_t: 80, 336 and 128 bytes. */
    private static final int OPAQUE_BYTES = 512;

    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int FIRST_FREE = 64;
    private static final int SIGKILL = 9;

    private final int pid;
    private boolean reaped;

    private ChildProcess(int pid) {
        this.pid = pid;
    }

    /**
     * Starts a program that is searched for in {@code PATH}, its standard input empty.
     *
     * @param command the program and its arguments
     * @param descriptors what it gets: the child's number, from 1 on, and ours
     * @throws LinuxException where it cannot be started; {@link Errno#ENOENT} when it is not there
     */
    static ChildProcess start(List<String> command, Map<Integer, FileDescriptor> descriptors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(OPAQUE_BYTES, 16);
            checked(INVOKER.invokeN1(CONTEXTS[1], ACTIONS_INIT, actions.address()), command);
            // Out of the way of the child's numbers, whatever ours are.
            List<FileDescriptor> copies =
                    descriptors.values().stream().map(ChildProcess::copy).toList();
            try {
                openInput(arena, actions, command);
                int index = 0;
                for (int number : descriptors.keySet()) {
                    int ours = copies.get(index++).number();
                    long at = actions.address();
                    checked(INVOKER.invokeN3(CONTEXTS[3], ACTIONS_DUP2, at, ours, number), command);
                }
                closeOthers(actions, command, descriptors.keySet());
                return spawn(arena, actions, command);
            } finally {
                copies.forEach(FileDescriptor::close);
                INVOKER.invokeN1(CONTEXTS[1], ACTIONS_DESTROY, actions.address());
            }
        }
    }

    private static FileDescriptor copy(FileDescriptor fd) {
        int number = Native.LIBC.fcntl(fd.number(), F_DUPFD_CLOEXEC, FIRST_FREE);
        return FileDescriptor.owning(Native.checked(number, "copy " + fd, "fcntl"));
    }

    private static void openInput(Arena arena, MemorySegment actions, List<String> command) {
        long result =
                INVOKER.invokeN5(
                        CONTEXTS[5],
                        ACTIONS_OPEN,
                        actions.address(),
                        0,
                        arena.allocateFrom("/dev/null").address(),
                        FileDescriptor.O_RDONLY,
                        0);
        checked(result, command);
    }

    /** The JVM's jars, say: not all that a process has open is closed by exec. */
    private static void closeOthers(
            MemorySegment actions, List<String> command, Set<Integer> kept) {
        if (ACTIONS_CLOSE_FROM != 0) {
            int first = 1 + kept.stream().mapToInt(Integer::intValue).max().orElse(0);
            checked(
                    INVOKER.invokeN2(CONTEXTS[2], ACTIONS_CLOSE_FROM, actions.address(), first),
                    command);
        }
    }

    private static ChildProcess spawn(Arena arena, MemorySegment actions, List<String> command) {
        MemorySegment attributes = arena.allocate(OPAQUE_BYTES, 16);
        long at = attributes.address();
        checked(INVOKER.invokeN1(CONTEXTS[1], ATTRIBUTES_INIT, at), command);
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
        checked(INVOKER.invokeN2(CONTEXTS[2], ATTRIBUTES_FLAGS, at, flags), command);
        // All zero is the empty set: the JVM's threads block signals that a program may want.
        long none = arena.allocate(OPAQUE_BYTES, 16).address();
        checked(INVOKER.invokeN2(CONTEXTS[2], ATTRIBUTES_SIGMASK, at, none), command);
        MemorySegment arguments = arena.allocate(8L * (command.size() + 1), 8);
        for (int i = 0; i < command.size(); i++) {
            long argument = arena.allocateFrom(command.get(i)).address();
            arguments.setAtIndex(ValueLayout.JAVA_LONG, i, argument);
        }
        MemorySegment pid = arena.allocate(4, 4);
        long environment = Library.getDefault().getSymbolAddress("environ");
        checked(
                INVOKER.invokeN6(
                        CONTEXTS[6],
                        SPAWN,
                        pid.address(),
                        arguments.get(ValueLayout.JAVA_LONG, 0),
                        actions.address(),
                        at,
                        arguments.address(),
                        Native.segment(environment, 8).get(ValueLayout.JAVA_LONG, 0)),
                command);
        return new ChildProcess(pid.get(ValueLayout.JAVA_INT, 0));
    }

    /** These functions give their error as the result. */
    private static void checked(long result, List<String> command) {
        if ((int) result != 0) {
            String action = "start " + command.getFirst();
            throw new LinuxException(action, "posix_spawnp", (int) result, "");
        }
    }

    /** Its process id. */
    int pid() {
        return pid;
    }

    /** Ends it if it has not ended, and waits for that. Idempotent. */
    @Override
    public void close() {
        if (reaped) {
            return;
        }
        reaped = true;
        INVOKER.invokeN2(CONTEXTS[2], KILL, pid, SIGKILL);
        int result;
        do {
            result = (int) INVOKER.invokeN3(CONTEXTS[3], WAITPID, pid, 0, 0);
        } while (result < 0 && Native.errno() == Errno.EINTR);
    }
}
