package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.machine.SpecException;
import dev.hosta.migration.MigrationAddress;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code hosta migrate NAME HOST:PORT}: sends a running VM to where {@code receive} waits. */
final class MigrateCommand implements Command {
    private static final String DOWNTIME = "--downtime";
    private static final String TIMEOUT = "--timeout";
    private static final String INSECURE = "--insecure";
    private static final String JSON = "--json";
    private static final int OUTCOME_UNKNOWN = 504;
    private static final int NOT_MIGRATED = 502;

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta migrate");
        spec.usageMessage()
                .description("Moves a running VM to where 'hosta receive' waits for it.")
                .footer(
                        "",
                        "Exit status: 6 where it failed and the VM is here as it was, 7 where the",
                        "VM may run over there and stays paused here.");
        VmName.addTo(spec);
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("1")
                        .arity("1")
                        .paramLabel("HOST:PORT|unix:PATH")
                        .type(String.class)
                        .description("Where it is waited for.")
                        .build());
        RunOptions.option(
                spec,
                DOWNTIME,
                "TIME",
                TimeText::parse,
                "How long the guest may stand still (default 50ms).");
        RunOptions.option(
                spec,
                TIMEOUT,
                "TIME",
                TimeText::parse,
                "Give up when the guest still runs here after it (default 1h).");
        ResumeOptions.flag(spec, INSECURE, "Send memory over a network without encryption.");
        ResumeOptions.flag(spec, JSON, "Print the report as JSON.");
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        boolean insecure = parsed.hasMatchedOption(INSECURE);
        MigrationAddress to =
                MigrationAddress.parse(parsed.matchedPositionalValue(1, "")).requireLocal(insecure);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("destination_url", to.text());
        putTime(body, "downtime_ms", parsed, DOWNTIME);
        putTime(body, "timeout_ms", parsed, TIMEOUT);
        body.put("insecure", insecure);
        String name = VmName.of(parsed);
        try (ControlClient vm = ControlClient.connect(name, Duration.ZERO)) {
            Map<?, ?> report = vm.ask("vm.send-migration", Json.write(body));
            System.out.println(
                    parsed.hasMatchedOption(JSON) ? Json.write(report) : line(name, report));
        }
        return ExitStatus.OK;
    }

    private static void putTime(
            Map<String, Object> body, String field, ParseResult parsed, String option) {
        Optional<Duration> time = RunOptions.value(parsed, option, TimeText::parse);
        time.ifPresent(t -> body.put(field, t.toMillis()));
    }

    private static String line(String name, Map<?, ?> report) {
        return String.format(
                Locale.ROOT,
                "%s went to %s: %s rounds, %.1f MiB in %.1f ms, downtime %.1f ms (pause %.1f, last"
                        + " pages %.1f, state %.1f, hand-over %.1f)",
                name,
                report.get("to"),
                report.get("rounds"),
                number(report, "sent_bytes") / (1 << 20),
                number(report, "total_us") / 1000,
                number(report, "downtime_us") / 1000,
                number(report, "pause_us") / 1000,
                number(report, "last_pages_us") / 1000,
                number(report, "state_us") / 1000,
                number(report, "hand_over_us") / 1000);
    }

    private static double number(Map<?, ?> report, String field) {
        return report.get(field) instanceof Number n ? n.doubleValue() : 0;
    }

    @Override
    public int failureStatus(Throwable e) {
        return switch (e) {
            case ControlException c when c.status() == OUTCOME_UNKNOWN ->
                    ExitStatus.MIGRATION_UNKNOWN;
            case ControlException c when c.status() == NOT_MIGRATED -> ExitStatus.NOT_MIGRATED;
            case SpecException spec -> ExitStatus.USAGE;
            default -> ExitStatus.FAILED;
        };
    }
}
