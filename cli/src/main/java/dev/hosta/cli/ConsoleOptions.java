package dev.hosta.cli;

import dev.hosta.machine.ConsoleSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.PortSpec;
import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.util.List;
import java.util.Optional;

/** The options that say where a guest's consoles go, and what they add up to. */
final class ConsoleOptions {
    private static final String CONSOLE = "--console";
    private static final String HVC = "--hvc";
    private static final String PORT = "--port";

    private ConsoleOptions() {}

    /** Adds the serial console's option alone. */
    static void addSerialTo(CommandSpec spec) {
        RunOptions.option(
                spec,
                CONSOLE,
                "stdio|file:PATH|none",
                ConsoleOptions::choice,
                "Where the serial console goes (default stdio).");
    }

    static void addTo(CommandSpec spec) {
        addSerialTo(spec);
        RunOptions.option(
                spec,
                HVC,
                "stdio|file:PATH|socket:PATH|none",
                text -> ConsoleSpec.parseHvc(text, RunOptions::path),
                "A virtio console, hvc0, beside the serial one or in its place.");
        spec.addOption(
                OptionSpec.builder(PORT)
                        .paramLabel("NAME=file:PATH|NAME=socket:PATH")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .converters(
                                RunOptions.checked(text -> PortSpec.parse(text, RunOptions::path)))
                        .description(
                                "A byte stream to the guest, /dev/virtio-ports/NAME; repeatable.")
                        .build());
    }

    /** The virtio consoles: those of the command line, each kind else as the file says. */
    static ConsoleSpec virtio(ParseResult parsed, Optional<MachineSpec> base) {
        ConsoleSpec inFile = base.map(MachineSpec::consoles).orElse(ConsoleSpec.NONE);
        boolean hvc = parsed.hasMatchedOption(HVC);
        boolean ports = parsed.hasMatchedOption(PORT);
        if (!hvc && !ports) {
            return inFile;
        }
        List<String> texts = parsed.matchedOptionValue(PORT, List.of());
        return new ConsoleSpec(
                hvc
                        ? ConsoleSpec.parseHvc(parsed.matchedOptionValue(HVC, ""), RunOptions::path)
                        : inFile.hvc(),
                ports
                        ? texts.stream()
                                .map(text -> PortSpec.parse(text, RunOptions::path))
                                .toList()
                        : inFile.ports());
    }

    /**
     * The serial console, which leaves standard input and output to a virtio console, and has none
     * in the background.
     */
    static ConsoleChoice serial(ParseResult parsed, boolean background, boolean hvcOnStdio) {
        Optional<ConsoleChoice> asked = RunOptions.value(parsed, CONSOLE, ConsoleOptions::choice);
        boolean onStdio = asked.isPresent() && asked.get() instanceof ConsoleChoice.Stdio;
        if (background && (onStdio || hvcOnStdio)) {
            throw new SpecException(
                    "A detached guest has no standard output. 'hosta console' shows its own.");
        }
        if (hvcOnStdio && onStdio) {
            throw new SpecException(
                    "Both consoles cannot be on stdio: give --console or --hvc another place.");
        }
        return asked.orElseGet(
                () ->
                        hvcOnStdio || background
                                ? new ConsoleChoice.None()
                                : new ConsoleChoice.Stdio());
    }

    private static ConsoleChoice choice(String text) {
        if (text.startsWith("file:") && text.length() > "file:".length()) {
            return new ConsoleChoice.ToFile(RunOptions.path(text.substring("file:".length())));
        }
        return switch (text) {
            case "stdio" -> new ConsoleChoice.Stdio();
            case "none" -> new ConsoleChoice.None();
            default ->
                    throw new SpecException(
                            "A console is stdio, file:PATH or none: '" + text + "'.");
        };
    }
}
