package dev.hosta.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The report of a migration as one page: text, tables and drawings in it, nothing beside it.
 *
 * <p>Threading: no state.
 */
final class ReportPage {
    private static final double MIB = 1 << 20;
    private static final int PAGE_BYTES = 4096;
    private static final String STYLE =
            """
            body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;
            color:#1b1f24;background:#fff}
            h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}
            table{border-collapse:collapse}td,th{padding:.15em .9em .15em 0;text-align:right}
            th{font-weight:600;border-bottom:1px solid #999}
            svg{width:100%;height:auto;display:block}text{font:11px system-ui,sans-serif;fill:#444}
            .big{font-size:1.6em;font-weight:600}.facts td{padding-right:2.5em;text-align:left}
            """;

    private ReportPage() {}

    /**
     * Makes the page.
     *
     * @param name of the VM
     * @param report as {@code vm.send-migration} answers
     */
    static String of(String name, Map<?, ?> report) {
        List<Map<?, ?>> rounds = rounds(report);
        StringBuilder page = new StringBuilder();
        String title = "Migration of " + name + " to " + report.get("to");
        page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
        page.append(escape(title)).append("</title><style>\n").append(STYLE);
        page.append("</style></head><body>\n<h1>").append(escape(title)).append("</h1>\n");
        facts(page, report);
        page.append("<h2>Downtime</h2>\n").append(ReportDrawings.downtime(report));
        page.append("<h2>Rounds over time</h2>\n");
        page.append(ReportDrawings.rounds(rounds, number(report, "total_us")));
        page.append("<h2>Where the guest wrote</h2>\n<p>Each row is a round, each column a ");
        page.append(
                format(
                        "part of %.1f MiB of the guest's memory; the darker, the more of its pages"
                                + " were to be sent.</p>%n",
                        number(report, "ram_bytes") / MIB / Math.max(1, columns(rounds))));
        page.append(ReportDrawings.heat(rounds, number(report, "ram_bytes") / PAGE_BYTES));
        page.append("<h2>Rounds</h2>\n");
        table(page, rounds);
        return page.append("</body></html>\n").toString();
    }

    private static List<Map<?, ?>> rounds(Map<?, ?> report) {
        List<Map<?, ?>> rounds = new ArrayList<>();
        if (report.get("history") instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> round) {
                    rounds.add(round);
                }
            }
        }
        return rounds;
    }

    private static int columns(List<Map<?, ?>> rounds) {
        return rounds.stream()
                .mapToInt(round -> ReportDrawings.heatOf(round).size())
                .max()
                .orElse(1);
    }

    private static void facts(StringBuilder page, Map<?, ?> report) {
        double seconds = number(report, "total_us") / 1e6;
        double sent = number(report, "sent_bytes") / MIB;
        page.append("<table class=\"facts\"><tr>");
        fact(page, format("%.1f ms", number(report, "downtime_us") / 1e3), "downtime");
        fact(page, format("%.2f s", seconds), "in all");
        fact(page, format("%.0f MiB", sent), "of pages sent");
        fact(page, format("%.0f MiB", number(report, "ram_bytes") / MIB), "guest memory");
        fact(page, format("%.0f MiB/s", sent / Math.max(1e-3, seconds)), "on average");
        fact(page, String.valueOf(report.get("rounds")), "rounds");
        page.append("</tr></table>\n");
    }

    private static void fact(StringBuilder page, String value, String what) {
        page.append("<td><span class=\"big\">").append(escape(value)).append("</span><br>");
        page.append(what).append("</td>");
    }

    private static void table(StringBuilder page, List<Map<?, ?>> rounds) {
        page.append(
                "<table><tr><th>round<th>began ms<th>took ms<th>pages<th>sent<th>zeros<th>MiB/s"
                        + "<th>held</tr>\n");
        for (Map<?, ?> round : rounds) {
            double took = number(round, "took_us");
            double bytes = (double) number(round, "sent_pages") * PAGE_BYTES;
            page.append(
                    format(
                            "<tr><td>%d<td>%.1f<td>%.1f<td>%d<td>%d<td>%d<td>%.0f<td>%d %%</tr>%n",
                            number(round, "round"),
                            number(round, "began_us") / 1e3,
                            took / 1e3,
                            number(round, "pending_pages"),
                            number(round, "sent_pages"),
                            number(round, "zero_pages"),
                            bytes / MIB / Math.max(1e-6, took / 1e6),
                            number(round, "throttle_percent")));
        }
        page.append("</table>\n");
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    static long number(Map<?, ?> values, String key) {
        return values.get(key) instanceof Number number ? number.longValue() : 0;
    }

    /** Text that is no markup, whatever it holds. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
