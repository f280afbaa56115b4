package dev.hosta.control;

import dev.hosta.control.http.HttpResponse;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.MigrationOptions;
import dev.hosta.migration.MigrationReport;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The call that sends a VM elsewhere.
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
        String url =
                config.string("destination_url")
                        .orElseThrow(() -> new CallException(400, "destination_url is missing."));
        boolean insecure = config.bool("insecure", false);
        MigrationOptions options =
                new MigrationOptions(
                        MigrationAddress.parse(url).requireLocal(insecure),
                        time(config, "downtime_ms", MigrationOptions.DOWNTIME),
                        time(config, "timeout_ms", MigrationOptions.TIMEOUT),
                        MigrationOptions.HAND_OVER);
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
        if (vmm.endsWithMachine()) {
            return new HttpResponse(200, Json.write(map(report)), vmm::shutdown);
        }
        vmm.shutdown();
        return HttpResponse.ok(Json.write(map(report)));
    }

    private static Duration time(ConfigObject config, String field, Duration otherwise) {
        long millis = config.number(field).orElse(otherwise.toMillis());
        if (millis < 0 || millis > MOST_MILLIS) {
            throw new CallException(400, field + " is a number of milliseconds: " + millis + ".");
        }
        return Duration.ofMillis(millis);
    }

    private static Map<String, Object> map(MigrationReport report) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("to", report.to());
        map.put("rounds", report.rounds());
        map.put("sent_bytes", report.sentBytes());
        map.put("total_us", report.totalNanos() / 1000);
        map.put("downtime_us", report.downtimeNanos() / 1000);
        map.put("pause_us", report.pauseNanos() / 1000);
        map.put("last_pages_us", report.lastPagesNanos() / 1000);
        map.put("state_us", report.stateNanos() / 1000);
        map.put("hand_over_us", report.handOverNanos() / 1000);
        return map;
    }
}
