package dev.hosta.cli;

import dev.hosta.machine.ByteSize;
import dev.hosta.machine.SpecException;
import dev.hosta.migration.Compression;
import dev.hosta.migration.Encryption;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.PairingToken;
import dev.hosta.migration.TlsFolder;
import dev.hosta.migration.Transport;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The options of {@code hosta migrate}, and the call that they add up to. */
final class MigrateOptions {
    static final String JSON = "--json";
    static final String CANCEL = "--cancel";

    private static final String DOWNTIME = "--downtime";
    private static final String TIMEOUT = "--timeout";
    private static final String ON_TIMEOUT = "--on-timeout";
    private static final String BANDWIDTH = "--bandwidth";
    private static final String COMPRESS = "--compress";
    private static final String STREAMS = "--streams";
    private static final String TOKEN = "--token";
    private static final String STANDARD_INPUT = "-";
    private static final int MOST_TOKEN_BYTES = 200;
    private static final String TLS_DIR = "--tls-dir";
    private static final String INSECURE = "--insecure";
    private static final String REPORT = "--report";

    private MigrateOptions() {}

    static void addTo(CommandSpec spec) {
        VmName.addTo(spec);
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("1")
                        .arity("0..1")
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
                "How long it may take until the guest stops here (default 1h).");
        RunOptions.option(
                spec,
                ON_TIMEOUT,
                "cancel|force",
                MigrateOptions::strategy,
                "What to do after that, or where the guest writes faster than its pages are sent,"
                        + " however much it is held back: leave it here (default), or stop it for"
                        + " as long as it takes.");
        RunOptions.option(
                spec,
                BANDWIDTH,
                "SIZE",
                ByteSize::parse,
                "Send no more than this a second while the guest runs, such as 100M.");
        RunOptions.option(
                spec,
                STREAMS,
                "N",
                MigrateOptions::streams,
                "Send over so many connections side by side, 1 (default) to "
                        + Transport.MOST_STREAMS
                        + ".");
        RunOptions.option(
                spec,
                TLS_DIR,
                "DIR",
                RunOptions::absolute,
                "Send to a destination whose certificate ca-cert.pem of DIR signed; this side is"
                        + " client-cert.pem with client-key.pem.");
        spec.addOption(
                OptionSpec.builder(COMPRESS)
                        .paramLabel("auto|lz4|off")
                        .type(String.class)
                        .arity("0..1")
                        .preprocessor((rest, command, option, info) -> RunOptions.own(rest, info))
                        .converters(RunOptions.checked(MigrateOptions::compression))
                        .description(
                                "Make pages smaller before they go over: always, or (auto, also"
                                        + " without a value) where that is quicker. Default off.")
                        .build());
        RunOptions.option(
                spec,
                TOKEN,
                "TOKEN",
                text -> text.equals(STANDARD_INPUT) ? text : PairingToken.parse(text),
                "Send, encrypted, to the destination that printed this token ('hosta receive"
                        + " --pair'); '-' reads it from standard input, where no list of processes"
                        + " shows it.");
        ResumeOptions.flag(spec, INSECURE, "Send memory over a network without encryption.");
        RunOptions.option(
                spec,
                REPORT,
                "FILE.html",
                RunOptions::absolute,
                "Write a page with rounds, rates, downtime and a map of what was written.");
        ResumeOptions.flag(spec, JSON, "Print each step and the report as a line of JSON.");
        ResumeOptions.flag(spec, CANCEL, "End the migration of NAME that is under way.");
        ResolveMigration.addTo(spec);
        spec.addOption(HelpOption.spec());
    }

    /**
     * The body of {@code vm.send-migration}.
     *
     * @throws SpecException where the options do not go together
     */
    static Map<String, Object> body(ParseResult parsed) {
        boolean insecure = parsed.hasMatchedOption(INSECURE);
        Optional<Path> tls = RunOptions.value(parsed, TLS_DIR, RunOptions::absolute);
        if (!parsed.hasMatchedPositional(1)) {
            throw new SpecException("Where to is missing: HOST:PORT or unix:PATH.");
        }
        Optional<PairingToken> token = RunOptions.value(parsed, TOKEN, MigrateOptions::token);
        MigrationAddress to =
                MigrationAddress.parse(parsed.matchedPositionalValue(1, ""))
                        .requireSafe(insecure, encryption(token, tls));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("destination_url", to.text());
        putTime(body, "downtime_ms", parsed, DOWNTIME);
        putTime(body, "timeout_ms", parsed, TIMEOUT);
        RunOptions.value(parsed, ON_TIMEOUT, MigrateOptions::strategy)
                .ifPresent(strategy -> body.put("timeout_strategy", strategy));
        RunOptions.value(parsed, BANDWIDTH, ByteSize::parse)
                .ifPresent(rate -> body.put("bytes_per_second", rate));
        RunOptions.value(parsed, STREAMS, MigrateOptions::streams)
                .ifPresent(count -> body.put("connections", count));
        RunOptions.value(parsed, COMPRESS, MigrateOptions::compression)
                .ifPresent(way -> body.put("compression", way));
        token.ifPresent(shown -> body.put("token", shown.text()));
        tls.ifPresent(folder -> body.put("tls_dir", folder.toString()));
        body.put("insecure", insecure);
        return body;
    }

    private static void putTime(
            Map<String, Object> body, String field, ParseResult parsed, String option) {
        Optional<Duration> time = RunOptions.value(parsed, option, TimeText::parse);
        time.ifPresent(t -> body.put(field, t.toMillis()));
    }

    private static Optional<? extends Encryption> encryption(
            Optional<PairingToken> token, Optional<Path> folder) {
        if (token.isPresent() && folder.isPresent()) {
            throw new SpecException(
                    "A migration is encrypted by --tls-dir or by --token, not by both.");
        }
        return token.isPresent() ? token : folder.map(TlsFolder::new);
    }

    private static PairingToken token(String text) {
        if (!text.equals(STANDARD_INPUT)) {
            return PairingToken.parse(text);
        }
        try {
            byte[] bytes = System.in.readNBytes(MOST_TOKEN_BYTES);
            return PairingToken.parse(new String(bytes, StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            throw new SpecException("Cannot read the token: " + e.getMessage() + ".", e);
        }
    }

    /** The text, and what no text stands for. */
    private static String compression(String text) {
        String way = text.isEmpty() ? "auto" : text;
        Compression.parse(way);
        return way;
    }

    private static int streams(String text) {
        try {
            int count = Integer.parseInt(text);
            if (count >= 1 && count <= Transport.MOST_STREAMS) {
                return count;
            }
        } catch (NumberFormatException e) {
            throw new SpecException(noStreams(text), e);
        }
        throw new SpecException(noStreams(text));
    }

    private static String noStreams(String text) {
        return "There are 1 to " + Transport.MOST_STREAMS + " streams: '" + text + "'.";
    }

    private static String strategy(String text) {
        return switch (text) {
            case "cancel" -> "Cancel";
            case "force" -> "Ignore";
            default ->
                    throw new SpecException(
                            "After the timeout a migration is left with cancel, or ended with"
                                    + " force: '"
                                    + text
                                    + "'.");
        };
    }

    /** What both sides prove themselves with, if they do. */
    static Optional<TlsFolder> tls(ParseResult parsed) {
        return RunOptions.value(parsed, TLS_DIR, RunOptions::absolute)
                .map(folder -> new TlsFolder(folder).requireSource());
    }

    /** Where the page with the report goes, if it is wanted. */
    static Optional<Path> report(ParseResult parsed) {
        return RunOptions.value(parsed, REPORT, RunOptions::absolute);
    }
}
