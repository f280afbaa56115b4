package dev.hosta.cli;

import dev.hosta.control.ControlClient;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;

/** {@code hosta unpause NAME}: lets a paused guest run on. */
final class UnpauseCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta unpause");
        spec.usageMessage().description("Lets a paused guest run on.");
        VmName.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            vm.put("vm.resume", "");
        }
        return ExitStatus.OK;
    }
}
