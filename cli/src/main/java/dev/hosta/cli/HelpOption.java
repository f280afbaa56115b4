package dev.hosta.cli;

import picocli.CommandLine.Model.OptionSpec;

/** The {@code --help} that every command has. */
final class HelpOption {
    private HelpOption() {}

    /** A new instance, as each model needs its own. */
    static OptionSpec spec() {
        return OptionSpec.builder("-h", "--help")
                .type(boolean.class)
                .usageHelp(true)
                .description("Show this help and exit.")
                .build();
    }
}
