package dev.hosta.cli;

import dev.hosta.device.legacy.AgentPort;
import dev.hosta.linux.HostThread;
import dev.hosta.linux.UnixStream;
import dev.hosta.machine.VirtualMachine;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The line to the process whose script has its guest here: carries what the guest's agent and the
 * script say to one another, and ends this process when that one ends.
 *
 * <p>Threading: any thread.
 */
final class ScriptLine implements AgentPort.Host {
    /** Of the processes that a script starts. */
    static final String OPTION = "--script-line";

    private static final int CHUNK = 1 << 13;
    private static final System.Logger LOG = System.getLogger(ScriptLine.class.getName());

    private final UnixStream stream;

    // Guarded by this object's monitor.
    private ByteBuffer forGuest = ByteBuffer.allocate(0);

    private ScriptLine(UnixStream stream) {
        this.stream = stream;
    }

    static void addTo(CommandSpec spec) {
        spec.addOption(
                OptionSpec.builder(OPTION)
                        .paramLabel("PATH")
                        .type(String.class)
                        .hidden(true)
                        .description("The socket of the script that started this process.")
                        .build());
    }

    /** Takes up the line, where this process was started by a script. */
    static Optional<ScriptLine> of(ParseResult parsed) {
        if (!parsed.hasMatchedOption(OPTION)) {
            return Optional.empty();
        }
        UnixStream stream =
                UnixStream.connect(RunOptions.absolute(parsed.matchedOptionValue(OPTION, "")));
        ScriptLine line = new ScriptLine(stream);
        Thread thread = new Thread(line::listen, "script-line");
        thread.setDaemon(true);
        HostThread.start(thread);
        return Optional.of(line);
    }

    /** Puts the other end behind the guest's agent. */
    VirtualMachine connected(VirtualMachine machine) {
        machine.connectAgent(this);
        return machine;
    }

    private void listen() {
        try {
            carry();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "The line to the script broke", e);
        }
        Runtime.getRuntime().exit(ExitStatus.INTERRUPTED);
    }

    private void carry() throws IOException {
        byte[] bytes = new byte[CHUNK];
        for (int n; (n = stream.input().read(bytes, 0, CHUNK)) >= 0; ) {
            give(bytes, n);
        }
    }

    private synchronized void give(byte[] bytes, int count) {
        ByteBuffer all = ByteBuffer.allocate(forGuest.remaining() + count);
        forGuest = all.put(forGuest).put(bytes, 0, count).flip();
    }

    @Override
    public void take(int value) {
        try {
            // Before the lock of this object: this may wait for the other end.
            synchronized (stream) {
                stream.output().write(value);
            }
        } catch (IOException e) {
            // Its end is noticed where it is listened to, and ends this process.
            return;
        }
    }

    @Override
    public synchronized int waiting() {
        return forGuest.remaining();
    }

    @Override
    public synchronized int next() {
        return forGuest.hasRemaining() ? forGuest.get() & 0xff : 0;
    }
}
