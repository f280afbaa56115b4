package dev.hosta.cli;

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
    private static final int BAR_CELLS = 24;

    private static final Set<Object> SHOWN_IN_BYTES = Set.of("writing", "copying");

    private final ProgressLine line;

    private SaveDisplay(boolean json) {
        this.line = new ProgressLine(json);
    }

    static SaveDisplay of(boolean json) {
        return new SaveDisplay(json);
    }

    /**
     * Shows a step.
     *
     * @param progress as {@code vm.progress} answers
     */
    void show(Map<?, ?> progress) {
        if (line.isJson()) {
            line.event("progress", progress);
            return;
        }
        long elapsed = number(progress, "elapsed_ms");
        if (elapsed >= SILENT_MILLIS) {
            String bar = line.isTerminal() ? bar(progress) : "";
            line.show(bar + line(progress), elapsed);
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
        line.clear();
        if (line.isJson()) {
            line.event("done", report);
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
        line.failed(reason);
    }

    private static long number(Map<?, ?> values, String key) {
        return ProgressLine.number(values, key);
    }
}
