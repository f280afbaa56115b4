package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.Terminal;
import dev.hosta.linux.UnixStream;
import dev.hosta.machine.RuntimeFolder;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * {@code hosta console NAME}: shows what a guest printed last and goes on from there; what is typed
 * goes to the guest.
 *
 * <p>Threading: one thread for each direction.
 */
final class ConsoleCommand implements Command {
    private static final String KEYS =
            "Ctrl-] d detaches, Ctrl-] Ctrl-] sends Ctrl-], Ctrl-] ? shows this.";

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** The end of the guest's output, or of the user's interest. */
    private final CountDownLatch over = new CountDownLatch(1);

    private volatile Optional<ControlException> lost = Optional.empty();

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta console");
        spec.usageMessage()
                .description("Attaches to a VM's console. Many may read; the first of them writes.")
                .footer("", "On a terminal: " + KEYS);
        VmName.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        String name = VmName.of(parsed);
        FileDescriptor stdin = FileDescriptor.borrowing(0);
        boolean terminal = Terminal.isTerminal(stdin);
        try (UnixStream stream = connect(name)) {
            Optional<Terminal.RawMode> raw =
                    terminal ? Optional.of(Terminal.raw(stdin)) : Optional.empty();
            Thread restore = new Thread(() -> raw.ifPresent(Terminal.RawMode::close), "restore");
            Runtime.getRuntime().addShutdownHook(restore);
            try {
                if (terminal) {
                    tellWhoWrites(name);
                }
                start(() -> carryOutput(stream), "console-output");
                start(() -> carryInput(stream, terminal), "console-input");
                awaitOver();
            } finally {
                raw.ifPresent(Terminal.RawMode::close);
                stream.hangUp();
            }
        }
        if (lost.isPresent()) {
            throw lost.get();
        }
        return ExitStatus.OK;
    }

    private void awaitOver() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static UnixStream connect(String name) {
        try {
            return UnixStream.connect(
                    RuntimeFolder.pathOf(name).resolve(ControlClient.CONSOLE_SOCKET));
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED) {
                throw new ControlException(
                        "There is no running VM '" + name + "'. 'hosta ps' shows them all.", e);
            }
            throw e;
        }
    }

    private static void tellWhoWrites(String name) {
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            if (vm.get("vm.status").get("console") instanceof Map<?, ?> console
                    && console.get("writer_pid") instanceof Long writer
                    && writer != PidFile.ownPid()) {
                notice("Only reading: process " + writer + " writes. " + KEYS);
            }
        }
    }

    private static void notice(String text) {
        System.err.print("\r\n" + Failure.line(text) + "\r\n");
    }

    private static void start(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void carryOutput(UnixStream stream) {
        byte[] bytes = new byte[8192];
        PrintStream out = System.out;
        try (InputStream in = stream.input()) {
            for (int n; (n = in.read(bytes, 0, bytes.length)) >= 0; ) {
                out.write(bytes, 0, n);
                out.flush();
                if (out.checkError()) {
                    break;
                }
            }
            over.countDown();
        } catch (IOException e) {
            lost = Optional.of(new ControlException("Lost the console: " + e.getMessage(), e));
            over.countDown();
        }
    }

    private void carryInput(UnixStream stream, boolean terminal) {
        byte[] bytes = new byte[512];
        EscapeKeys keys = new EscapeKeys();
        InputStream in = new FileInputStream(java.io.FileDescriptor.in);
        try (OutputStream out = stream.output()) {
            for (int n; (n = in.read(bytes)) >= 0; ) {
                if (!terminal) {
                    out.write(bytes, 0, n);
                    continue;
                }
                EscapeKeys.Wish wish = keys.filter(bytes, n);
                out.write(bytes, 0, keys.kept());
                switch (wish) {
                    case DETACH -> over.countDown();
                    case HELP, STOP -> notice(KEYS);
                    case NONE -> {}
                }
            }
            // The end of input is no end of interest: the guest's output goes on.
            stream.endOutput();
        } catch (IOException e) {
            // The other direction meets the same end, with everything before it.
            return;
        }
    }
}
