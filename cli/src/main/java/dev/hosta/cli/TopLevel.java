package dev.hosta.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.util.Optional;

/** {@code hosta} without a command: help, version, and the answer to a mistyped command. */
final class TopLevel implements Command {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta");
        spec.usageMessage()
                .synopsisSubcommandLabel("COMMAND")
                .description("Runs virtual machines on KVM.")
                .commandListHeading("%nCommands:%n")
                .footer("", "hosta COMMAND --help tells more of each.");
        spec.addOption(HelpOption.spec());
        spec.addOption(
                OptionSpec.builder("-V", "--version")
                        .type(boolean.class)
                        .description("Print the version and exit.")
                        .build());
        for (String name : Commands.NAMES) {
            CommandSpec command = Commands.find(name).orElseThrow().spec();
            // The name by itself, as the list shows it; alone a command calls itself "hosta run".
            command.name(name);
            spec.addSubcommand(name, new CommandLine(command));
        }
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        if (parsed.hasMatchedOption("--version")) {
            System.out.println(version());
            return ExitStatus.OK;
        }
        parsed.commandSpec().commandLine().usage(System.err);
        return ExitStatus.USAGE;
    }

    /** The number of this version alone. */
    static String versionNumber() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("(not packaged)");
    }

    private static String version() {
        return "hosta " + versionNumber() + " on JDK " + System.getProperty("java.runtime.version");
    }
}
