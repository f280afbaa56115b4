package dev.hosta.cli;

import dev.hosta.control.ControlServer;
import dev.hosta.control.VmApi;
import dev.hosta.control.http.HttpServer;
import dev.hosta.linux.PidFile;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.RuntimeFolder;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.nio.file.Path;

/** {@code hosta vmm}: a VMM without a VM, for clients of Cloud Hypervisor's API. */
final class VmmCommand implements Command {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta vmm");
        spec.usageMessage()
                .description(
                        "Waits for a VM to be created over an API socket, as clients of Cloud"
                                + " Hypervisor do.")
                .footer("", "Ends after vmm.shutdown, or when the guest powers itself off.");
        spec.addOption(
                OptionSpec.builder("--api-socket")
                        .paramLabel("PATH")
                        .type(String.class)
                        .required(true)
                        .description("Where to serve the API; made anew.")
                        .build());
        spec.addOption(
                OptionSpec.builder("--name")
                        .paramLabel("NAME")
                        .type(String.class)
                        .description("Name of its VM for other commands (default: made up).")
                        .build());
        spec.addOption(
                OptionSpec.builder("--no-shutdown")
                        .type(boolean.class)
                        .description("Stay when the guest powers itself off.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        String asked = parsed.matchedOptionValue("--api-socket", "");
        Path socket =
                RunOptions.path(
                        asked.startsWith("path=") ? asked.substring("path=".length()) : asked);
        String name =
                MachineSpec.requireName(
                        parsed.matchedOptionValue("--name", "vmm-" + PidFile.ownPid()));
        String version = TopLevel.versionNumber();
        try (RuntimeFolder folder = RuntimeFolder.claim(name)) {
            EmptyVmm vmm = new EmptyVmm(name, parsed.hasMatchedOption("--no-shutdown"));
            try (ControlServer own = ControlServer.start(folder.path(), vmm, version);
                    HttpServer asExpected = HttpServer.start(socket, new VmApi(vmm, version))) {
                Thread hook = new Thread(() -> leave(vmm, asExpected, own, folder), "leave");
                Runtime.getRuntime().addShutdownHook(hook);
                vmm.awaitEnd();
                vmm.close();
            }
        }
        return ExitStatus.OK;
    }

    /** A signal ends the process. */
    private static void leave(
            EmptyVmm vmm, HttpServer asExpected, ControlServer own, RuntimeFolder folder) {
        asExpected.close();
        own.close();
        vmm.close();
        folder.close();
    }
}
