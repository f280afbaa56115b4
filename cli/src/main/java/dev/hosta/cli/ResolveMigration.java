package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.SpecException;
import dev.hosta.migration.ArrivedGuests;
import dev.hosta.migration.Settlement;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code hosta migrate NAME --resolve}: settles a hand-over that was cut, at the source by asking
 * the destination, and on the destination's host by what is written down there.
 */
final class ResolveMigration {
    static final String RESOLVE = "--resolve";

    private static final String FORCE_SOURCE = "--force-source";
    private static final String FORCE_DESTINATION = "--force-destination";

    private ResolveMigration() {}

    static void addTo(CommandSpec spec) {
        ResumeOptions.flag(spec, RESOLVE, "Settle a hand-over whose outcome is not known.");
        ResumeOptions.flag(
                spec, FORCE_SOURCE, "With --resolve: the source has it, where none can be asked.");
        ResumeOptions.flag(spec, FORCE_DESTINATION, "With --resolve: the destination has it.");
    }

    /** Whether one of its options is given. */
    static boolean isAskedFor(ParseResult parsed) {
        boolean forced =
                parsed.hasMatchedOption(FORCE_SOURCE) || parsed.hasMatchedOption(FORCE_DESTINATION);
        if (forced && !parsed.hasMatchedOption(RESOLVE)) {
            throw new SpecException("--force-source and --force-destination go with --resolve.");
        }
        return parsed.hasMatchedOption(RESOLVE);
    }

    private static Settlement.Force force(ParseResult parsed) {
        boolean source = parsed.hasMatchedOption(FORCE_SOURCE);
        boolean destination = parsed.hasMatchedOption(FORCE_DESTINATION);
        if (source && destination) {
            throw new SpecException("Only one side can have the VM.");
        }
        return source
                ? Settlement.Force.SOURCE
                : destination ? Settlement.Force.DESTINATION : Settlement.Force.NONE;
    }

    /** Gives the process's status: {@link ExitStatus#MIGRATION_UNKNOWN} where it stays open. */
    static int run(ParseResult parsed, String name) {
        Settlement.Force force = force(parsed);
        boolean open = false;
        for (Settlement one : settled(parsed, name, force)) {
            open |= one.guestIs() == Settlement.Place.UNKNOWN;
            System.out.println(line(name, one));
        }
        return open ? ExitStatus.MIGRATION_UNKNOWN : ExitStatus.OK;
    }

    /** At the source, if that is here and waits; else what came to this host. */
    private static List<Settlement> settled(
            ParseResult parsed, String name, Settlement.Force force) {
        try {
            return List.of(atSource(name, force));
        } catch (ControlException e) {
            List<Settlement> arrived =
                    e.status() == MigrateCommand.OUTCOME_UNKNOWN
                            ? List.of()
                            : ArrivedGuests.settle(
                                    RuntimeFolder.migrations(),
                                    name,
                                    force,
                                    MigrateOptions.tls(parsed));
            if (arrived.isEmpty()) {
                throw e;
            }
            return arrived;
        }
    }

    private static Settlement atSource(String name, Settlement.Force force) {
        String body =
                force == Settlement.Force.NONE
                        ? "{}"
                        : Json.write(Map.of("force", force.name().toLowerCase(Locale.ROOT)));
        try (ControlClient vm = ControlClient.connect(name, Duration.ZERO)) {
            Map<?, ?> answer = vm.ask("vm.resolve-migration", body);
            return new Settlement(
                    String.valueOf(answer.get("source")),
                    String.valueOf(answer.get("destination")),
                    place(String.valueOf(answer.get("guest_is"))));
        }
    }

    private static Settlement.Place place(String text) {
        try {
            return Settlement.Place.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ControlException("The VM answered with no place of the guest.", e);
        }
    }

    private static String line(String name, Settlement settlement) {
        return name
                + ": source "
                + settlement.source()
                + ", destination "
                + settlement.destination()
                + "; "
                + switch (settlement.guestIs()) {
                    case HERE -> "it is the source's";
                    case THERE -> "it is the destination's";
                    case UNKNOWN -> "not settled";
                };
    }
}
