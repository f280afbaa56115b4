package dev.hosta.cli;

import dev.hosta.boot.Initramfs;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What goes into a Linux guest's initramfs beside the user's own: the agent, folders of the host.
 */
final class AgentOptions {
    private static final String COPY_IN = "--copy-in";

    /** In the VM's runtime folder. */
    private static final String FILE = "initramfs";

    private AgentOptions() {}

    static void addTo(CommandSpec spec) {
        spec.addOption(
                OptionSpec.builder(COPY_IN)
                        .paramLabel("DIR:PATH")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .converters(RunOptions.checked(AgentOptions::copy))
                        .description(
                                "Put what is in DIR to PATH of the guest's initramfs; repeatable.")
                        .build());
    }

    private static Initramfs.Copy copy(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0 || !text.startsWith("/", colon + 1) || text.contains("/../")) {
            throw new SpecException(
                    "A folder is copied by DIR:PATH, PATH absolute: '" + text + "'.");
        }
        Path folder = RunOptions.path(text.substring(0, colon));
        if (!Files.isDirectory(folder)) {
            throw new SpecException("This is no folder to copy: '" + folder + "'.");
        }
        return new Initramfs.Copy(folder, text.substring(colon + 1));
    }

    /**
     * What is to be put together for the guest; empty where its initrd is the user's as it is.
     *
     * @throws SpecException where the guest is no Linux
     */
    static Optional<Initramfs> read(
            ParseResult parsed, Optional<Watching.Named> script, BootSpec boot, boolean builtIn) {
        boolean agent = script.isPresent() && script.get().script().needsAgent();
        List<String> copies = parsed.matchedOptionValue(COPY_IN, List.of());
        if (!agent && copies.isEmpty()) {
            return Optional.empty();
        }
        if (builtIn) {
            throw new SpecException(
                    (agent ? "A command runs in" : COPY_IN + " is for")
                            + " a Linux guest (--kernel) alone.");
        }
        return Optional.of(
                new Initramfs(
                        boot.initrd(),
                        agent ? Optional.of(program()) : Optional.empty(),
                        copies.stream().map(AgentOptions::copy).toList()));
    }

    private static Path program() {
        Path program = Path.of(System.getProperty("hosta.dist", ""), "agent", "hosta-agent");
        if (!Files.isRegularFile(program)) {
            throw new SpecException("The agent is not built: there is no " + program + ".");
        }
        return program;
    }

    /** The boot with that initramfs, which is made in the VM's runtime folder. */
    static BootSpec with(Initramfs initramfs, BootSpec boot, String name) {
        Path file = RuntimeFolder.pathOf(name).resolve(FILE);
        return initramfs.agent().isPresent() ? boot.withAgent(file) : boot.withInitrd(file);
    }
}
