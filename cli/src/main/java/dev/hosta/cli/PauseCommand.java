package dev.hosta.cli;

import dev.hosta.control.ControlClient;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;

/**
 * {@code hosta pause NAME} and {@code hosta unpause NAME}: stop the guest where it is, and let it
 * run on.
 */
final class PauseCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final boolean pauses;

    /** One of the two. */
    PauseCommand(boolean pauses) {
        this.pauses = pauses;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(pauses ? "hosta pause" : "hosta unpause");
        spec.usageMessage()
                .description(
                        pauses
                                ? "Stops a VM's guest where it is; unpause lets it run on."
                                : "Lets a paused guest run on.");
        VmName.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            vm.put(pauses ? "vm.pause" : "vm.resume", "");
        }
        return ExitStatus.OK;
    }
}
