package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.RuntimeFolder;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code hosta ps}: the VMs of this user. What a VM left behind whose process was killed is removed
 * on the way.
 */
final class PsCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final String ROW = "%-20s %-9s %8s %4s %8s %10s  %s%n";

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta ps");
        spec.usageMessage().description("Lists the VMs that run.");
        spec.addOption(
                OptionSpec.builder("--json")
                        .type(boolean.class)
                        .description("Print JSON instead of a table.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        List<Map<?, ?>> rows = new ArrayList<>();
        for (String name : RuntimeFolder.names()) {
            status(name).ifPresent(rows::add);
        }
        if (parsed.hasMatchedOption("--json")) {
            System.out.println(Json.writePretty(rows));
            return ExitStatus.OK;
        }
        System.out.printf(ROW, "NAME", "STATE", "PID", "CPUS", "MEMORY", "UPTIME", "NET");
        for (Map<?, ?> row : rows) {
            System.out.printf(
                    ROW,
                    row.get("name"),
                    row.get("state"),
                    shown(row.get("pid")),
                    shown(row.get("cpus")),
                    memory(row.get("memory")),
                    uptime(row.get("uptime_ms")),
                    net(row.get("net")));
        }
        return ExitStatus.OK;
    }

    /** What a VM says of itself, or what can be seen from outside; empty where it is gone. */
    private static Optional<Map<?, ?>> status(String name) {
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            return Optional.of(vm.get("vm.status"));
        } catch (ControlException | LinuxException e) {
            if (RuntimeFolder.sweep(name)) {
                return Optional.empty();
            }
            // It lives and does not answer: just starting, ending, or stopped by somebody.
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", name);
            row.put("state", "Silent");
            RuntimeFolder.holder(name).ifPresent(pid -> row.put("pid", pid));
            return Optional.of(row);
        }
    }

    private static Object shown(Object value) {
        return value == null ? "-" : value;
    }

    private static String memory(Object bytes) {
        return bytes instanceof Long size ? (size >> 20) + "M" : "-";
    }

    private static String uptime(Object millis) {
        if (!(millis instanceof Long ms)) {
            return "-";
        }
        long seconds = ms / 1000;
        return seconds < 60
                ? seconds + "s"
                : seconds < 3600
                        ? seconds / 60 + "m" + seconds % 60 + "s"
                        : seconds / 3600 + "h" + seconds / 60 % 60 + "m";
    }

    private static String net(Object nets) {
        return nets instanceof List<?> list && !list.isEmpty()
                ? String.join(",", list.stream().map(Object::toString).toList())
                : "-";
    }
}
