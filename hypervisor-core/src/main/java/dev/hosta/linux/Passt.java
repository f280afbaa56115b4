package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One running passt(1), which carries a guest's frames to the host's own sockets without any right.
 *
 * <p>It gets one end of a socket pair ({@code --fd}) and ends by itself when the other is closed,
 * whatever closed it, so that it never outlives this process. It says that it is ready by writing
 * its process id to its standard output; its complaints go to a pipe that never fills up for it.
 *
 * <p>Threading: one thread at a time.
 */
final class Passt implements AutoCloseable {
    private static final int READY_MILLIS = 30_000;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int FRAMES = 3;

    private final FileDescriptor socket;
    private final ChildProcess process;
    private final Pipe ready;
    private final Pipe complaints;

    private Passt(FileDescriptor socket, ChildProcess process, Pipe ready, Pipe complaints) {
        this.socket = socket;
        this.process = process;
        this.ready = ready;
        this.complaints = complaints;
    }

    /**
     * Starts it; whether it works is told by {@link #awaitReady}.
     *
     * @throws NetException where it is not installed
     */
    static Passt start(List<PortForward> forwards, int mtu) {
        Pipe ready = Pipe.create();
        Pipe complaints = Pipe.create();
        List<FileDescriptor> pair = socketPair();
        try {
            Map<Integer, FileDescriptor> descriptors = new LinkedHashMap<>();
            descriptors.put(STDOUT, ready.writer());
            descriptors.put(STDERR, complaints.writer());
            descriptors.put(FRAMES, pair.get(1));
            ChildProcess process = ChildProcess.start(command(forwards, mtu), descriptors);
            return new Passt(pair.getFirst(), process, ready, complaints);
        } catch (LinuxException e) {
            ready.close();
            complaints.close();
            pair.getFirst().close();
            throw e.errno() == Errno.ENOENT
                    ? new NetException(
                            "Cannot make the network 'user': passt is not installed. Install the"
                                    + " package passt.")
                    : e;
        } finally {
            ready.writer().close();
            complaints.writer().close();
            pair.getLast().close();
        }
    }

    private static List<String> command(List<PortForward> forwards, int mtu) {
        List<String> command = new ArrayList<>();
        // The id goes to the pipe by the name of the descriptor, which every version opens.
        command.addAll(
                List.of("passt", "-f", "-q", "--fd", "" + FRAMES, "-P", "/proc/self/fd/" + STDOUT));
        if (mtu != 0) {
            command.addAll(List.of("-m", "" + mtu));
        }
        for (PortForward forward : forwards) {
            command.add(forward.protocol() == PortForward.Protocol.TCP ? "-t" : "-u");
            command.add(forward.specification());
        }
        return command;
    }

    private static List<FileDescriptor> socketPair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(8, 4);
            int type = SocketCalls.SOCK_STREAM | SocketCalls.SOCK_CLOEXEC;
            int result = SocketCalls.socketpair(SocketCalls.AF_UNIX, type, 0, pair.address());
            Native.checked(result, "create a socket pair", "socketpair");
            FileDescriptor ours = FileDescriptor.owning(pair.get(ValueLayout.JAVA_INT, 0));
            FileDescriptor theirs = FileDescriptor.owning(pair.get(ValueLayout.JAVA_INT, 4));
            ours.setNonBlocking(true);
            return List.of(ours, theirs);
        }
    }

    /** Our end of the frames' socket, non-blocking; {@link #close} closes it. */
    FileDescriptor socket() {
        return socket;
    }

    /** Its process id. */
    int pid() {
        return process.pid();
    }

    /**
     * Waits until it carries frames.
     *
     * @throws NetException with its own words where it does not
     */
    void awaitReady() {
        if (!ready.await(READY_MILLIS)) {
            throw failed("it is not ready after " + READY_MILLIS / 1000 + " seconds");
        }
        if (ready.text().isEmpty()) {
            throw failed(lastWords());
        }
        // What it warned of at its start is no reason for its end.
        complaints.text();
    }

    private static NetException failed(String why) {
        return new NetException("Cannot make the network 'user': passt: " + why + hint(why));
    }

    private static String hint(String why) {
        if (why.contains("Failed to bind")) {
            return ". Publish another port: this one is in use, not permitted, or its address not"
                    + " this host's.";
        }
        if (why.contains("nterface")) {
            return ". The host needs an interface with an address and a default route.";
        }
        return ".";
    }

    /** Waits for its end, as it comes when {@link #socket} is closed; for tests. */
    boolean awaitEnd() {
        return ready.await(READY_MILLIS) && ready.text().isEmpty();
    }

    /** What it complained of since the last call, in one line. */
    String lastWords() {
        String words =
                complaints
                        .text()
                        .lines()
                        .map(String::strip)
                        // Noise on a host without syslog, and as root.
                        .filter(line -> !line.startsWith("Failed to send "))
                        .filter(line -> !line.startsWith("Don't run as root"))
                        .filter(line -> !line.isEmpty())
                        .map(line -> line.replaceFirst("(, exiting)?\\.?$", ""))
                        .collect(Collectors.joining("; "));
        return words.isEmpty() ? "it ended without a word" : words;
    }

    /** Ends it, and waits for that. Idempotent. */
    @Override
    public void close() {
        socket.close();
        process.close();
        ready.close();
        complaints.close();
    }
}
