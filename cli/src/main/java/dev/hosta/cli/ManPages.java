package dev.hosta.cli;

import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a man page for each command, from the model that also reads the command line. The build
 * runs it; argument: the folder for the pages.
 */
final class ManPages {
    private ManPages() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        CommandSpec top = new TopLevel().spec();
        Files.writeString(folder.resolve("hosta.1"), page("hosta", top));
        for (Map.Entry<String, CommandLine> command : top.subcommands().entrySet()) {
            String name = "hosta-" + command.getKey();
            CommandSpec spec = command.getValue().getCommandSpec();
            Files.writeString(folder.resolve(name + ".1"), page(name, spec));
        }
    }

    /** One page, in roff with the man macros (man(7)). */
    static String page(String name, CommandSpec spec) {
        StringBuilder page = new StringBuilder();
        page.append(".TH ").append(name.toUpperCase(Locale.ROOT)).append(" 1 \"\" Hosta Hosta\n");
        String description = String.join(" ", spec.usageMessage().description());
        page.append(".SH NAME\n").append(text(name)).append(" \\- ").append(text(description));
        page.append("\n.SH SYNOPSIS\n.nf\n");
        Help help = new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF));
        page.append(text(help.synopsis(0).strip()).replace("\n", "\n.br\n"));
        page.append("\n.fi\n");
        if (!spec.subcommands().isEmpty()) {
            page.append(".SH COMMANDS\n");
            spec.subcommands()
                    .forEach(
                            (command, line) ->
                                    entry(
                                            page,
                                            command,
                                            line.getCommandSpec().usageMessage().description()));
        }
        page.append(".SH OPTIONS\n");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            argument(page, parameter.paramLabel(), parameter);
        }
        for (OptionSpec option : spec.options()) {
            String names = String.join(", ", option.names());
            argument(
                    page,
                    option.arity().max() > 0 ? names + " " + option.paramLabel() : names,
                    option);
        }
        if (spec.usageMessage().footer().length > 0) {
            page.append(".SH NOTES\n");
            for (String line : spec.usageMessage().footer()) {
                page.append(text(line)).append(line.isEmpty() ? ".PP\n" : "\n.br\n");
            }
        }
        return page.toString();
    }

    private static void argument(StringBuilder page, String term, ArgSpec argument) {
        if (!argument.hidden()) {
            entry(page, term, argument.description());
        }
    }

    private static void entry(StringBuilder page, String term, String[] description) {
        page.append(".TP\n.B ").append(text(term)).append('\n');
        page.append(text(String.join(" ", description))).append('\n');
    }

    /** Text that roff takes as it is: no escapes, no request at a line's start, real hyphens. */
    private static String text(String text) {
        String safe = text.replace("%n", "").replace("\\", "\\e").replace("-", "\\-");
        return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
    }
}
