package dev.hosta.cli;

import dev.hosta.boot.ImageException;
import dev.hosta.control.ControlException;
import dev.hosta.kvm.KvmException;
import dev.hosta.linux.DiskException;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.NetException;
import dev.hosta.linux.PortException;
import dev.hosta.machine.SpecException;
import dev.hosta.memory.MemoryException;
import dev.hosta.migration.MigrationException;
import dev.hosta.script.ScriptException;
import dev.hosta.snapshot.SaveException;
import dev.hosta.snapshot.SavedFormException;

import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import java.util.List;

/** Turns what went wrong into one line on standard error; a stack trace only where asked for. */
final class Failure {
    private Failure() {}

    /** Tells of a mistake in the command line. */
    static void usage(ParameterException e) {
        StringBuilder line = new StringBuilder(e.getMessage());
        if (!e.getMessage().endsWith(".")) {
            line.append('.');
        }
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                line.append(" Did you mean ").append(String.join(" or ", suggestions)).append('?');
            }
        }
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        print(line.append(" See '").append(command).append(" --help'.").toString());
    }

    /** Tells why a command failed. */
    static void report(Throwable e) {
        boolean trace = "1".equals(System.getenv("HOSTA_DEBUG"));
        if (isForUser(e)) {
            print(e.getMessage());
        } else {
            print(
                    "Internal error: "
                            + e
                            + (trace ? "" : " (HOSTA_DEBUG=1 shows where it happened)")
                            + ".");
        }
        if (trace) {
            e.printStackTrace();
        }
    }

    /** Prints one line, whatever the text holds. */
    static void print(String text) {
        System.err.println(line(text));
    }

    /** The line that {@link #print} prints, without its end. */
    static String line(String text) {
        return "hosta: " + text.replaceAll("\\R", " ");
    }

    /** Whether the message is a line made for the user. */
    static boolean isForUser(Throwable e) {
        return e instanceof SpecException
                || e instanceof ControlException
                || e instanceof DiskException
                || e instanceof NetException
                || e instanceof KvmException
                || e instanceof LinuxException
                || e instanceof PortException
                || e instanceof SaveException
                || e instanceof SavedFormException
                || e instanceof ScriptException
                || e instanceof MemoryException
                || e instanceof MigrationException
                || e instanceof ImageException;
    }
}
