package dev.hosta.cli;

import java.util.Locale;
import java.util.Map;

/**
 * Shows how far a migration is: one line that changes on a terminal, lines elsewhere, JSON where
 * asked for.
 *
 * <p>Threading: one thread.
 */
final class MigrateDisplay {

    private final String name;
    private final ProgressLine line;

    private MigrateDisplay(String name, boolean json) {
        this.name = name;
        this.line = new ProgressLine(json);
    }

    static MigrateDisplay of(String name, boolean json) {
        return new MigrateDisplay(name, json);
    }

    /**
     * Shows a step.
     *
     * @param progress as {@code vm.migration-progress} answers
     */
    void show(Map<?, ?> progress) {
        if (line.isJson()) {
            line.event("progress", progress);
        } else {
            line.show(line(progress), number(progress, "elapsed_ms"));
        }
    }

    /** {@code copying, round 3: 612M sent at 310M/s, 40M written at 80M/s, held 20%, 4 s}. */
    static String line(Map<?, ?> progress) {
        StringBuilder line = new StringBuilder().append(progress.get("stage"));
        if (!"copying".equals(progress.get("stage")) || number(progress, "round") == 0) {
            return line.toString();
        }
        long rate = number(progress, "bytes_per_second");
        long dirty = number(progress, "dirty_bytes_per_second");
        long throttle = number(progress, "throttle_percent");
        line.append(", round ").append(number(progress, "round")).append(": ");
        line.append(number(progress, "sent_bytes") >> 20).append("M sent");
        if (rate > 0) {
            line.append(" at ").append(rate >> 20).append("M/s");
        }
        if (dirty > 0) {
            line.append(", written at ").append(dirty >> 20).append("M/s");
        }
        if (throttle > 0) {
            line.append(", held ").append(throttle).append('%');
        }
        line.append(", downtime now ").append(number(progress, "expected_downtime_us") / 1000);
        line.append(" ms, ").append(number(progress, "elapsed_ms") / 1000).append(" s");
        return line.toString();
    }

    /**
     * Says that the guest runs over there.
     *
     * @param report as {@code vm.send-migration} answers
     */
    void done(Map<?, ?> report) {
        line.clear();
        if (line.isJson()) {
            line.event("done", report);
            return;
        }
        System.out.println(
                String.format(
                        Locale.ROOT,
                        "%s went to %s: %s rounds, %.1f MiB in %.1f ms, downtime %.1f ms (pause"
                                + " %.1f, last pages %.1f, state %.1f, hand-over %.1f, resume"
                                + " %.1f)",
                        name,
                        report.get("to"),
                        report.get("rounds"),
                        (double) number(report, "sent_bytes") / (1 << 20),
                        number(report, "total_us") / 1e3,
                        number(report, "downtime_us") / 1e3,
                        number(report, "pause_us") / 1e3,
                        number(report, "last_pages_us") / 1e3,
                        number(report, "state_us") / 1e3,
                        number(report, "hand_over_us") / 1e3,
                        number(report, "resume_us") / 1e3));
    }

    /** Makes room for the line that says why it failed. */
    void failed(String reason) {
        line.failed(reason);
    }

    private static long number(Map<?, ?> values, String key) {
        return ProgressLine.number(values, key);
    }
}
