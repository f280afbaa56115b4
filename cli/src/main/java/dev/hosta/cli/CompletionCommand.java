package dev.hosta.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code hosta completion SHELL}: what makes a shell complete the command line. */
final class CompletionCommand implements Command {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta completion");
        spec.usageMessage()
                .description("Prints what makes a shell complete Hosta's command line.")
                .footer(
                        "",
                        "bash, zsh: eval \"$(hosta completion bash)\"",
                        "fish: hosta completion fish | source");
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("0")
                        .arity("1")
                        .paramLabel("bash|zsh|fish")
                        .type(String.class)
                        .description("The shell.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        CommandLine all = new CommandLine(new TopLevel().spec());
        switch (parsed.matchedPositionalValue(0, "")) {
            case "bash" -> System.out.print(AutoComplete.bash("hosta", all));
            case "zsh" ->
                    System.out.print(
                            "autoload -U +X bashcompinit && bashcompinit\n"
                                    + AutoComplete.bash("hosta", all));
            case "fish" -> System.out.print(FishCompletion.of(all.getCommandSpec()));
            default -> {
                Failure.print("Completion is for bash, zsh or fish.");
                return ExitStatus.USAGE;
            }
        }
        return ExitStatus.OK;
    }
}
