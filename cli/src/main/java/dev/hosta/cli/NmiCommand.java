package dev.hosta.cli;

import dev.hosta.control.ControlClient;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;

/**
 * {@code hosta nmi NAME}: presses a PC's NMI button, for a kernel that crashes or dumps at that.
 */
final class NmiCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta nmi");
        spec.usageMessage()
                .description("Sends each vCPU of a VM a non-maskable interrupt.")
                .footer("", "Linux heeds it where the sysctl kernel.unknown_nmi_panic is 1.");
        VmName.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            vm.put("vm.nmi", "");
        }
        return ExitStatus.OK;
    }
}
