package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.Json;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code hosta inspect NAME}: spec, stage-two map, devices and what they have counted. */
final class InspectCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta inspect");
        spec.usageMessage()
                .description(
                        "Shows all of a VM: what was asked for, memory map, devices, counters.");
        VmName.addTo(spec);
        spec.addOption(
                OptionSpec.builder("--json")
                        .type(boolean.class)
                        .description("Print JSON instead of lines.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            Map<?, ?> all = vm.get("vm.inspect");
            System.out.print(
                    parsed.hasMatchedOption("--json")
                            ? Json.writePretty(all) + "\n"
                            : lines(all, ""));
        }
        return ExitStatus.OK;
    }

    /** A line a value, indented by depth; what is empty is left out. */
    private static String lines(Map<?, ?> values, String indent) {
        StringBuilder text = new StringBuilder();
        values.forEach(
                (key, value) -> {
                    switch (value) {
                        case Map<?, ?> map when map.isEmpty() ->
                                text.append(indent).append(key).append('\n');
                        case Map<?, ?> map ->
                                text.append(indent)
                                        .append(key)
                                        .append('\n')
                                        .append(lines(map, indent + "  "));
                        case List<?> list when list.isEmpty() -> {}
                        case List<?> list -> {
                            text.append(indent).append(key).append('\n');
                            for (Object element : list) {
                                text.append(indent).append("  ").append(line(element)).append('\n');
                            }
                        }
                        case Optional<?> none -> {}
                        default -> text.append(String.format("%s%-14s %s%n", indent, key, value));
                    }
                });
        return text.toString();
    }

    private static String line(Object element) {
        if (!(element instanceof Map<?, ?> map)) {
            return element.toString();
        }
        StringBuilder line = new StringBuilder();
        map.forEach(
                (key, value) -> {
                    if (!(value instanceof Optional<?>)) {
                        line.append(line.isEmpty() ? "" : "  ")
                                .append(key)
                                .append(' ')
                                .append(value);
                    }
                });
        return line.toString();
    }
}
