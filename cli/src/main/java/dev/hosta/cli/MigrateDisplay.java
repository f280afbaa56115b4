package dev.hosta.cli;

import dev.hosta.control.Json;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.Terminal;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Shows how far a migration is: one line that changes on a terminal, lines elsewhere, JSON where
 * asked for.
 *
 * <p>Threading: one thread.
 */
final class MigrateDisplay {
    private static final int LINE_EVERY_MILLIS = 1000;
    private static final String CLEAR = "\r\u001b[K";

    private final String name;
    private final boolean json;
    private final boolean terminal;
    private long nextLineMillis = LINE_EVERY_MILLIS;
    private boolean drawn;

    private MigrateDisplay(String name, boolean json, boolean terminal) {
        this.name = name;
        this.json = json;
        this.terminal = terminal;
    }

    static MigrateDisplay of(String name, boolean json) {
        return new MigrateDisplay(name, json, Terminal.isTerminal(FileDescriptor.borrowing(2)));
    }

    /**
     * Shows a step.
     *
     * @param progress as {@code vm.migration-progress} answers
     */
    void show(Map<?, ?> progress) {
        if (json) {
            event("progress", progress);
        } else if (terminal) {
            System.err.print(CLEAR + line(progress));
            System.err.flush();
            drawn = true;
        } else if (number(progress, "elapsed_ms") >= nextLineMillis) {
            System.err.println(Failure.line(line(progress)));
            nextLineMillis = number(progress, "elapsed_ms") + LINE_EVERY_MILLIS;
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
        clear();
        if (json) {
            event("done", report);
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
        clear();
        if (json) {
            event("failed", Map.of("reason", reason));
        }
    }

    private void clear() {
        if (drawn) {
            System.err.print(CLEAR);
            System.err.flush();
            drawn = false;
        }
    }

    private static void event(String event, Map<?, ?> values) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("event", event);
        values.forEach((key, value) -> all.put(key.toString(), value));
        System.out.println(Json.write(all));
        System.out.flush();
    }

    private static long number(Map<?, ?> values, String key) {
        return values.get(key) instanceof Number number ? number.longValue() : 0;
    }
}
