package dev.hosta.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.Map;

/** Completion for fish: one {@code complete} line a command and an option. */
final class FishCompletion {
    private static final String HEAD = "complete -c hosta ";
    private static final String NO_COMMAND = "-n __fish_use_subcommand ";

    private FishCompletion() {}

    static String of(CommandSpec top) {
        StringBuilder script = new StringBuilder();
        for (OptionSpec option : top.options()) {
            option(script, NO_COMMAND, option);
        }
        for (Map.Entry<String, CommandLine> command : top.subcommands().entrySet()) {
            CommandSpec spec = command.getValue().getCommandSpec();
            script.append(HEAD).append(NO_COMMAND).append("-f -a ").append(command.getKey());
            describe(script, first(spec.usageMessage().description()));
            String chosen = "-n '__fish_seen_subcommand_from " + command.getKey() + "' ";
            for (OptionSpec option : spec.options()) {
                option(script, chosen, option);
            }
        }
        return script.toString();
    }

    private static void option(StringBuilder script, String when, OptionSpec option) {
        if (option.hidden()) {
            return;
        }
        script.append(HEAD).append(when);
        for (String name : option.names()) {
            script.append(
                            name.startsWith("--")
                                    ? "-l " + name.substring(2)
                                    : "-s " + name.charAt(1))
                    .append(' ');
        }
        if (option.arity().max() > 0) {
            script.append("-r ");
        }
        describe(script, first(option.description()));
    }

    private static void describe(StringBuilder script, String text) {
        script.append(" -d '").append(text.replace("\\", "\\\\").replace("'", "\\'")).append("'\n");
    }

    private static String first(String[] lines) {
        return lines.length == 0 ? "" : lines[0];
    }
}
