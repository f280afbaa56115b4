package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixStream;
import dev.hosta.machine.RuntimeFolder;

import picocli.CommandLine.ParseResult;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code hosta run --detach}: starts the same command line as a process of its own, and returns
 * once its guest runs, or is ready.
 *
 * <p>That process says the VM's name on its standard output when the guest runs; its end before
 * that is a failure, with the reason on its standard error.
 *
 * <p>Threading: one thread.
 */
final class DetachedRun {
    private static final int PROBE_MILLIS = 100;

    private DetachedRun() {}

    static int start(ParseResult parsed) {
        WaitFor wanted =
                parsed.hasMatchedOption("--wait-for")
                        ? WaitFor.parse(parsed.matchedOptionValue("--wait-for", ""))
                        : null;
        try {
            Process process =
                    new ProcessBuilder(commandLine(parsed))
                            .redirectInput(new File("/dev/null"))
                            .start();
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String name = out.readLine();
            if (name == null) {
                process.errorReader(StandardCharsets.UTF_8).lines().forEach(System.err::println);
                int status = process.waitFor();
                return status == ExitStatus.OK ? ExitStatus.NOT_RUN : status;
            }
            System.out.println(name);
            System.out.flush();
            return switch (wanted) {
                case null -> ExitStatus.OK;
                case WaitFor.Status s -> process.waitFor();
                case WaitFor.Port p -> awaitPort(name, process, p.port());
                case WaitFor.Shown s -> awaitShown(name, s);
            };
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start a process", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitStatus.NOT_RUN;
        }
    }

    /** This process's own command line, with the options of this class exchanged. */
    private static List<String> commandLine(ParseResult parsed) throws IOException {
        List<String> command = OwnProcess.before(parsed.originalArgs().size());
        command.add(RunOptions.BACKGROUND);
        List<String> arguments = parsed.originalArgs();
        boolean options = true;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            options &= !argument.equals("--");
            if (options && argument.equals("--wait-for")) {
                i++;
            } else if (!options
                    || !argument.equals("-d")
                            && !argument.equals("--detach")
                            && !argument.startsWith("--wait-for=")) {
                command.add(argument);
            }
        }
        return command;
    }

    private static int awaitShown(String name, WaitFor.Shown wanted) {
        StringBuilder shown = new StringBuilder();
        Path socket = RuntimeFolder.pathOf(name).resolve(ControlClient.CONSOLE_SOCKET);
        byte[] bytes = new byte[8192];
        try (UnixStream stream = UnixStream.connect(socket);
                InputStream in = stream.input()) {
            // Only to read: whoever attaches next may write.
            stream.endOutput();
            for (int n; (n = in.read(bytes, 0, bytes.length)) >= 0; ) {
                shown.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                if (wanted.pattern().matcher(shown).find()) {
                    return ExitStatus.OK;
                }
            }
        } catch (LinuxException | IOException e) {
            throw new ControlException("Lost the console of '" + name + "'.", e);
        }
        throw new ControlException(
                "'" + name + "' has ended and never showed " + wanted.pattern() + ".");
    }

    private static int awaitPort(String name, Process process, int port)
            throws InterruptedException {
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        PROBE_MILLIS);
                return ExitStatus.OK;
            } catch (IOException e) {
                // Nobody there yet: look again a moment later, unless the guest is gone.
                if (process.waitFor(PROBE_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new ControlException(
                            "'" + name + "' has ended and never took port " + port + ".", e);
                }
            }
        }
    }
}
