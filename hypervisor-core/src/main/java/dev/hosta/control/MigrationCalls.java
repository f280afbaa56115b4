package dev.hosta.control;

import dev.hosta.control.http.HttpResponse;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Compression;
import dev.hosta.migration.Encryption;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.MigrationOptions;
import dev.hosta.migration.MigrationOptions.OnTimeout;
import dev.hosta.migration.MigrationReport;
import dev.hosta.migration.PairingToken;
import dev.hosta.migration.Settlement;
import dev.hosta.migration.TlsFolder;
import dev.hosta.migration.Transport;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The calls that send a VM elsewhere, take one, and settle what came of it.
 *
 * <p>Threading: any thread.
 */
final class MigrationCalls {
    /** Status for a guest that may run elsewhere, and is paused here. */
    private static final int OUTCOME_UNKNOWN = 504;

    /** Status for a guest that is here as it was. */
    private static final int NOT_MIGRATED = 502;

    private static final long MOST_MILLIS = Duration.ofDays(365).toMillis();

    private final Vmm vmm;

    MigrationCalls(Vmm vmm) {
        this.vmm = vmm;
    }

    HttpResponse send(String json) {
        ConfigObject config = ConfigObject.parse(json);
        MigrationOptions options = options(config);
        config.end(Set.of());
        VirtualMachine machine =
                vmm.vm()
                        .orElseThrow(CallException::notCreated)
                        .machine()
                        .orElseThrow(CallException::notBooted);
        if (vmm.saves().isSuspending()) {
            throw CallException.suspending();
        }
        MigrationReport report;
        try {
            report = vmm.migrations().send(machine, options, RuntimeFolder.pathOf(vmm.name()));
        } catch (MigrationException e) {
            throw new CallException(
                    switch (e.guestIs()) {
                        case HERE -> NOT_MIGRATED;
                        case UNKNOWN -> OUTCOME_UNKNOWN;
                    },
                    e.getMessage());
        }
        return goneWith(Json.write(MigrationForm.of(report)));
    }

    /** Answers, and ends what is left of the guest here. */
    private HttpResponse goneWith(String answer) {
        if (vmm.endsWithMachine()) {
            return new HttpResponse(200, answer, vmm::shutdown);
        }
        vmm.shutdown();
        return HttpResponse.ok(answer);
    }

    HttpResponse resolve(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Settlement.Force force =
                switch (config.string("force").orElse("")) {
                    case "" -> Settlement.Force.NONE;
                    case "source" -> Settlement.Force.SOURCE;
                    case "destination" -> Settlement.Force.DESTINATION;
                    default -> throw new CallException(400, "force is source or destination.");
                };
        config.end(Set.of());
        Settlement settlement;
        try {
            settlement = vmm.migrations().resolve(force);
        } catch (MigrationException e) {
            throw new CallException(OUTCOME_UNKNOWN, e.getMessage());
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("source", settlement.source());
        map.put("destination", settlement.destination());
        map.put("guest_is", settlement.guestIs().name().toLowerCase(Locale.ROOT));
        return settlement.guestIs() == Settlement.Place.THERE
                ? goneWith(Json.write(map))
                : HttpResponse.ok(Json.write(map));
    }

    private static MigrationOptions options(ConfigObject config) {
        String url = url(config, "destination_url");
        Optional<? extends Encryption> tls = encryption(config);
        MigrationAddress to =
                MigrationAddress.parse(url).requireSafe(config.bool("insecure", false), tls);
        // Says that both are of this host; the way that the pages take is the same.
        if (config.bool("local", false) && !to.isLocal()) {
            throw new CallException(400, "The destination is not of this host: " + url + ".");
        }
        requirePrecopy(config);
        long seconds = config.number("timeout_s").orElse(MigrationOptions.TIMEOUT.toSeconds());
        requireMillis("timeout_s", seconds > MOST_MILLIS ? seconds : seconds * 1000);
        MigrationOptions options =
                new MigrationOptions(to)
                        .withTimes(
                                millis(config, "downtime_ms", MigrationOptions.DOWNTIME),
                                millis(config, "timeout_ms", Duration.ofSeconds(seconds)),
                                millis(config, "hand_over_ms", MigrationOptions.HAND_OVER))
                        .withOnTimeout(onTimeout(config))
                        .withBytesPerSecond(rate(config))
                        .withTransport(transport(config));
        return tls.isPresent() ? options.withTls(tls.get()) : options;
    }

    private static String url(ConfigObject config, String field) {
        return config.string(field)
                .orElseThrow(() -> new CallException(400, field + " is missing."));
    }

    private static Optional<? extends Encryption> encryption(ConfigObject config) {
        Optional<PairingToken> token = config.string("token").map(PairingToken::parse);
        Optional<TlsFolder> folder = tls(config).map(TlsFolder::requireSource);
        if (token.isPresent() && folder.isPresent()) {
            throw new CallException(400, "A migration is encrypted by tls_dir or by token.");
        }
        return token.isPresent() ? token : folder;
    }

    private static Optional<TlsFolder> tls(ConfigObject config) {
        return config.path("tls_dir").map(TlsFolder::new);
    }

    private static void requirePrecopy(ConfigObject config) {
        String mode = config.string("memory_mode").orElse("Precopy");
        if (!mode.equals("Precopy")) {
            throw new CallException(400, "Hosta does not support the memory_mode " + mode + ".");
        }
    }

    private static Transport transport(ConfigObject config) {
        long streams = config.number("connections").orElse(1L);
        if (streams < 1 || streams > Transport.MOST_STREAMS) {
            throw new CallException(
                    400,
                    "A migration has 1 to "
                            + Transport.MOST_STREAMS
                            + " connections: "
                            + streams
                            + ".");
        }
        return new Transport(
                (int) streams, Compression.parse(config.string("compression").orElse("off")));
    }

    private static OnTimeout onTimeout(ConfigObject config) {
        String strategy = config.string("timeout_strategy").orElse("Cancel");
        return switch (strategy) {
            case "Cancel" -> OnTimeout.CANCEL;
            case "Ignore" -> OnTimeout.FORCE;
            default ->
                    throw new CallException(
                            400, "timeout_strategy is Cancel or Ignore: " + strategy + ".");
        };
    }

    private static long rate(ConfigObject config) {
        long rate = config.number("bytes_per_second").orElse(0L);
        if (rate < 0) {
            throw new CallException(400, "bytes_per_second is 0 or more: " + rate + ".");
        }
        return rate;
    }

    private static Duration millis(ConfigObject config, String field, Duration otherwise) {
        long millis = config.number(field).orElse(otherwise.toMillis());
        requireMillis(field, millis);
        return Duration.ofMillis(millis);
    }

    private static void requireMillis(String field, long millis) {
        if (millis < 0 || millis > MOST_MILLIS) {
            throw new CallException(400, field + " is a time of up to a year: " + millis + ".");
        }
    }

    /** Waits for a VM, which is this VMM's then. */
    HttpResponse receive(String json) {
        ConfigObject config = ConfigObject.parse(json);
        String url = url(config, "receiver_url");
        Optional<TlsFolder> tls = tls(config).map(TlsFolder::requireDestination);
        MigrationAddress at =
                MigrationAddress.parse(url).requireSafe(config.bool("insecure", false), tls);
        requirePrecopy(config);
        config.end(Set.of());
        try {
            vmm.receive(at, tls);
        } catch (MigrationException e) {
            throw new CallException(500, e.getMessage());
        }
        return HttpResponse.done();
    }

    HttpResponse cancel() {
        vmm.vm().orElseThrow(CallException::notCreated);
        if (!vmm.migrations().cancel()) {
            throw new CallException(405, "The VM is not being migrated.");
        }
        return HttpResponse.done();
    }
}
