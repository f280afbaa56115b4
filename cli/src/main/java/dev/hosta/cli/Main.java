package dev.hosta.cli;

import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where the process starts: chooses the command, and turns every end into lines and a status.
 *
 * <p>Only the chosen command's model is built; the whole of it is for {@code --help} and for a
 * mistake in the command's name.
 */
final class Main {
    private Main() {}

    public static void main(String[] args) {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> Failure.report(e));
        int status = execute(args);
        System.out.flush();
        // Not exit: the commands have put back what they changed, and hooks cost time.
        Runtime.getRuntime().halt(status);
    }

    /** Runs one command line and gives the process's status. */
    static int execute(String... args) {
        if (args.length == 0 || args[0].startsWith("-")) {
            return run(new TopLevel(), args);
        }
        Optional<Command> command = Commands.find(args[0]);
        if (command.isEmpty()) {
            Failure.print(
                    "Unknown command '"
                            + args[0]
                            + "'; there are "
                            + String.join(", ", Commands.NAMES)
                            + ".");
            return ExitStatus.USAGE;
        }
        return run(command.get(), Arrays.copyOfRange(args, 1, args.length));
    }

    private static int run(Command command, String[] args) {
        try {
            command.prepare();
            CommandLine line = new CommandLine(command.spec());
            ParseResult parsed = line.parseArgs(args);
            if (parsed.isUsageHelpRequested()) {
                line.usage(System.out);
                return ExitStatus.OK;
            }
            return command.run(parsed);
        } catch (CommandLine.ParameterException e) {
            Failure.usage(e);
            return command.usageStatus();
        } catch (RuntimeException | Error e) {
            Failure.report(e);
            return command.failureStatus(e);
        }
    }
}
