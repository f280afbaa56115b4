package dev.hosta.control;

import dev.hosta.migration.MigrationProgress;
import dev.hosta.migration.MigrationReport;
import dev.hosta.migration.MigrationRound;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What the API tells of a migration, as JSON objects.
 *
 * <p>Threading: no state.
 */
final class MigrationForm {
    private MigrationForm() {}

    static Map<String, Object> of(MigrationReport report) {
        MigrationReport.Downtime downtime = report.downtime();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("to", report.to());
        map.put("rounds", report.rounds().size());
        map.put("ram_bytes", report.ramBytes());
        map.put("sent_bytes", report.sentBytes());
        map.put("total_us", report.totalNanos() / 1000);
        map.put("downtime_us", downtime.nanos() / 1000);
        map.put("pause_us", downtime.pauseNanos() / 1000);
        map.put("last_pages_us", downtime.lastPagesNanos() / 1000);
        map.put("state_us", downtime.stateNanos() / 1000);
        map.put("hand_over_us", downtime.handOverNanos() / 1000);
        map.put("resume_us", downtime.resumeNanos() / 1000);
        map.put("history", report.rounds().stream().map(MigrationForm::of).toList());
        return map;
    }

    private static Map<String, Object> of(MigrationRound round) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("round", round.number());
        map.put("began_us", round.beganNanos() / 1000);
        map.put("took_us", round.tookNanos() / 1000);
        map.put("pending_pages", round.pendingPages());
        map.put("sent_pages", round.sentPages());
        map.put("zero_pages", round.zeroPages());
        map.put("throttle_percent", round.throttlePercent());
        map.put("heat", round.heat());
        return map;
    }

    /**
     * A look at one.
     *
     * @param to where the guest goes
     */
    static Map<String, Object> of(String to, MigrationProgress.View view) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("destination_url", to);
        map.put("stage", view.stage().name().toLowerCase(Locale.ROOT));
        map.put("round", view.round());
        map.put("ram_bytes", view.ramBytes());
        map.put("sent_bytes", view.sentBytes());
        map.put("left_bytes", view.leftBytes());
        map.put("bytes_per_second", view.bytesPerSecond());
        map.put("dirty_bytes_per_second", view.dirtyBytesPerSecond());
        map.put("throttle_percent", view.throttlePercent());
        map.put("expected_downtime_us", view.expectedDowntimeNanos() / 1000);
        map.put("elapsed_ms", view.elapsedNanos() / 1_000_000);
        return map;
    }
}
