package dev.hosta.cli;

import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.snapshot.Overrides;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What {@code resume} and {@code fork} have in common: what is to be another than it was. */
final class ResumeOptions {
    private static final String ACCEPT = "--accept-changed-disks";
    private static final String DISK = "--disk";
    private static final String NET = "--net";

    private ResumeOptions() {}

    static void addTo(CommandSpec spec) {
        addDisksTo(spec);
        list(
                spec,
                NET,
                "ID=user[,publish=PORT:PORT]|ID=tap:IF|ID=socket:PATH",
                text -> entry(text, ResumeOptions::carrier),
                "What the network ID is carried on from now on; repeatable.");
        flag(spec, ACCEPT, "Go on although a disk was written since, at its file system's risk.");
        ConsoleOptions.addSerialTo(spec);
        spec.addOption(
                OptionSpec.builder("-d", "--detach")
                        .type(boolean.class)
                        .description("Return once the guest runs, and print its name.")
                        .build());
        spec.addOption(
                OptionSpec.builder(RunOptions.BACKGROUND)
                        .type(boolean.class)
                        .hidden(true)
                        .description("What --detach starts.")
                        .build());
    }

    /** What {@code receive} takes as well. */
    static void addDisksTo(CommandSpec spec) {
        ScriptLine.addTo(spec);
        list(
                spec,
                DISK,
                "ID=PATH",
                text -> entry(text, RunOptions::absolute),
                "Another file for the disk ID; repeatable.");
    }

    /**
     * The machine with the disks' files that were asked for.
     *
     * @throws SpecException where it has no such disk
     */
    static MachineSpec withDisks(ParseResult parsed, MachineSpec machine) {
        Map<String, Path> paths = map(parsed, DISK, RunOptions::absolute);
        List<DiskSpec> disks =
                machine.disks().stream()
                        .map(disk -> disk.withPath(paths.getOrDefault(disk.id(), disk.path())))
                        .toList();
        for (String id : paths.keySet()) {
            if (disks.stream().noneMatch(disk -> disk.id().equals(id))) {
                throw new SpecException("The VM has no disk '" + id + "'.");
            }
        }
        return machine.withDisks(disks);
    }

    static void flag(CommandSpec spec, String name, String description) {
        spec.addOption(
                OptionSpec.builder(name).type(boolean.class).description(description).build());
    }

    private static void list(
            CommandSpec spec,
            String name,
            String label,
            Function<String, ?> reader,
            String description) {
        spec.addOption(
                OptionSpec.builder(name)
                        .paramLabel(label)
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .converters(RunOptions.checked(reader))
                        .description(description)
                        .build());
    }

    private static <T> Map.Entry<String, T> entry(String text, Function<String, T> reader) {
        int equals = text.indexOf('=');
        if (equals <= 0 || equals == text.length() - 1) {
            throw new SpecException(
                    "This is ID=…, with the id that 'inspect' shows: '" + text + "'.");
        }
        return Map.entry(text.substring(0, equals), reader.apply(text.substring(equals + 1)));
    }

    /** The guest knows its address and MTU: only what carries its frames can be another. */
    private static NetSpec.Carrier carrier(String text) {
        Optional<NetSpec> net = NetText.parse(text);
        if (net.isEmpty() || !net.get().equals(NetSpec.of(net.get().carrier()))) {
            throw new SpecException(
                    "A network goes on as user[,publish=…], tap:INTERFACE or socket:PATH: '"
                            + text
                            + "'.");
        }
        return net.get().carrier() instanceof NetSpec.Carrier.Socket socket
                ? new NetSpec.Carrier.Socket(socket.path().toAbsolutePath().normalize())
                : net.get().carrier();
    }

    private static <T> Map<String, T> map(
            ParseResult parsed, String option, Function<String, T> reader) {
        List<String> texts = parsed.matchedOptionValue(option, List.of());
        Map<String, T> map = new LinkedHashMap<>();
        for (String text : texts) {
            Map.Entry<String, T> entry = entry(text, reader);
            if (map.put(entry.getKey(), entry.getValue()) != null) {
                throw new SpecException("Given twice: " + option + " " + entry.getKey() + "=….");
            }
        }
        return map;
    }

    /**
     * What is to be another.
     *
     * @param twin whether the first machine goes on as well
     */
    static Overrides overrides(ParseResult parsed, boolean twin) {
        Map<String, Path> disks = map(parsed, DISK, RunOptions::absolute);
        return new Overrides(
                RunOptions.value(parsed, "--name", MachineSpec::requireName),
                disks,
                parsed.hasMatchedOption(ACCEPT),
                map(parsed, NET, ResumeOptions::carrier),
                twin);
    }

    /** Makes the machine, and puts the script behind its agent, if one started this process. */
    static MachineMaking making(ParseResult parsed, MachineMaking making) {
        Optional<ScriptLine> script = ScriptLine.of(parsed);
        if (script.isEmpty()) {
            return making;
        }
        ScriptLine line = script.get();
        return (console, terminal) -> line.connected(making.make(console, terminal));
    }

    /** How a machine that goes on is shown. */
    static RunRequest request(ParseResult parsed, MachineSpec machine) {
        boolean background = parsed.hasMatchedOption(RunOptions.BACKGROUND);
        return new RunRequest(
                machine,
                ConsoleOptions.serial(parsed, background, machine.consoles().isOnStdio()),
                Optional.empty(),
                true,
                background);
    }
}
