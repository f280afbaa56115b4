package dev.hosta.cli;

import dev.hosta.control.ControlClient;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;

/** {@code hosta pause NAME}: stops the guest where it is. */
final class PauseCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta pause");
        spec.usageMessage().description("Stops a VM's guest where it is; unpause lets it run on.");
        VmName.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            vm.put("vm.pause", "");
        }
        return ExitStatus.OK;
    }
}
