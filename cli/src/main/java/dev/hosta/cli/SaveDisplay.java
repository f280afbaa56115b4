package dev.hosta.cli;

import dev.hosta.control.Json;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.Terminal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Shows how far a save is: a bar on a terminal, lines elsewhere, JSON where asked for. A save that
 * takes less than a second shows its end alone.
 *
 * <p>Threading: one thread.
 */
final class SaveDisplay {
    private static final int SILENT_MILLIS = 1000;
    private static final int LINE_EVERY_MILLIS = 1000;
    private static final int BAR_CELLS = 24;
    private static final String CLEAR = "\r\u001b[K";

    private static final Set<Object> SHOWN_IN_BYTES = Set.of("writing", "copying");

    private final boolean json;
    private final boolean terminal;
    private long nextLineMillis = SILENT_MILLIS;
    private boolean drawn;

    private SaveDisplay(boolean json, boolean terminal) {
        this.json = json;
        this.terminal = terminal;
    }

    static SaveDisplay of(boolean json) {
        return new SaveDisplay(json, Terminal.isTerminal(FileDescriptor.borrowing(2)));
    }

    /**
     * Shows a step.
     *
     * @param progress as {@code vm.progress} answers
     */
    void show(Map<?, ?> progress) {
        if (json) {
            event("progress", progress);
            return;
        }
        long elapsed = number(progress, "elapsed_ms");
        if (elapsed < SILENT_MILLIS) {
            return;
        }
        if (terminal) {
            System.err.print(CLEAR + bar(progress) + line(progress));
            System.err.flush();
            drawn = true;
        } else if (elapsed >= nextLineMillis) {
            System.err.println(Failure.line(line(progress)));
            nextLineMillis = elapsed + LINE_EVERY_MILLIS;
        }
    }

    private static String bar(Map<?, ?> progress) {
        long total = number(progress, "bytes_total");
        int full = total == 0 ? 0 : (int) (number(progress, "bytes_done") * BAR_CELLS / total);
        return "[" + "#".repeat(full) + "-".repeat(BAR_CELLS - full) + "] ";
    }

    /** {@code writing 230M of 512M (44%), 310M/s, 1 s left}. */
    static String line(Map<?, ?> progress) {
        long done = number(progress, "bytes_done");
        long total = number(progress, "bytes_total");
        long elapsed = Math.max(1, number(progress, "elapsed_ms"));
        StringBuilder line = new StringBuilder().append(progress.get("stage"));
        if (!SHOWN_IN_BYTES.contains(progress.get("stage")) || total == 0) {
            return line.append(", ").append(elapsed / 1000).append(" s").toString();
        }
        line.append(' ').append(done >> 20).append("M of ").append(total >> 20).append("M (");
        line.append(100 * done / total).append("%)");
        if (done > 0) {
            double perMillis = (double) done / elapsed;
            long left = (long) Math.ceil((total - done) / perMillis / 1000);
            line.append(", ").append((long) (perMillis * 1000) >> 20).append("M/s, ");
            line.append(left).append(" s left");
        }
        return line.toString();
    }

    /**
     * Says that it is done.
     *
     * @param report as {@code vm.progress} answers at the end
     */
    void done(String name, Map<?, ?> report) {
        clear();
        if (json) {
            event("done", report);
            return;
        }
        System.out.println(
                String.format(
                        "%s: %s done, %dM of %dM written in %.1f s; the guest stood still for"
                                + " %.1f ms.",
                        name,
                        report.get("action"),
                        number(report, "written_bytes") >> 20,
                        number(report, "bytes_total") >> 20,
                        number(report, "elapsed_ms") / 1e3,
                        number(report, "pause_us") / 1e3));
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
