package dev.hosta.cli;

import static dev.hosta.cli.ReportPage.format;
import static dev.hosta.cli.ReportPage.number;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The drawings in the report of a migration, as SVG.
 *
 * <p>Threading: no state.
 */
final class ReportDrawings {
    private static final int WIDTH = 900;
    private static final int PAGE_BYTES = 4096;
    private static final double MIB = 1 << 20;
    private static final String[] COLOURS = {"#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#e15759"};
    private static final String[][] DOWNTIME = {
        {"pause_us", "pause"},
        {"last_pages_us", "last pages"},
        {"state_us", "state"},
        {"hand_over_us", "hand-over"},
        {"resume_us", "resume"}
    };

    private ReportDrawings() {}

    /** One bar of the downtime's parts, with a line for each below. */
    static String downtime(Map<?, ?> report) {
        double whole = Math.max(1, number(report, "downtime_us"));
        StringBuilder svg = open(64 + 16 * DOWNTIME.length);
        double x = 0;
        for (int i = 0; i < DOWNTIME.length; i++) {
            double width = number(report, DOWNTIME[i][0]) / whole * WIDTH;
            svg.append(rect(x, 4, width, 34, COLOURS[i]));
            int y = 62 + 16 * i;
            svg.append(rect(0, y - 9, 10, 10, COLOURS[i]));
            svg.append(
                    format(
                            "<text x=\"16\" y=\"%d\">%s %.2f ms</text>%n",
                            y, DOWNTIME[i][1], number(report, DOWNTIME[i][0]) / 1e3));
            x += width;
        }
        return close(svg);
    }

    /** A box a round: its width is its time, its height the rate at which it sent. */
    static String rounds(List<Map<?, ?>> rounds, long totalMicros) {
        double most = 1;
        for (Map<?, ?> round : rounds) {
            most = Math.max(most, rate(round));
        }
        double whole = Math.max(1, totalMicros);
        StringBuilder svg = open(230);
        for (Map<?, ?> round : rounds) {
            double x = number(round, "began_us") / whole * WIDTH;
            double width = Math.max(1, number(round, "took_us") / whole * WIDTH);
            double height = rate(round) / most * 180;
            String colour = COLOURS[(int) (number(round, "round") % 2)];
            svg.append(
                    format(
                            "<g><title>round %d: %d pages in %.1f ms, %.0f MiB/s, held %d %%"
                                    + "</title>%s</g>%n",
                            number(round, "round"),
                            number(round, "sent_pages"),
                            number(round, "took_us") / 1e3,
                            rate(round),
                            number(round, "throttle_percent"),
                            rect(x, 200 - height, width, height, colour)));
        }
        svg.append("<path d=\"M0 200H900\" stroke=\"#999\"/>\n");
        svg.append(format("<text x=\"2\" y=\"14\">%.0f MiB/s</text>%n", most));
        svg.append("<text x=\"2\" y=\"216\">0</text>\n");
        svg.append(
                format(
                        "<text x=\"898\" y=\"216\" text-anchor=\"end\">%.0f ms</text>%n",
                        totalMicros / 1e3));
        return close(svg);
    }

    /** In MiB a second. */
    private static double rate(Map<?, ?> round) {
        double seconds = Math.max(1e-6, number(round, "took_us") / 1e6);
        return number(round, "sent_pages") * (double) PAGE_BYTES / MIB / seconds;
    }

    /**
     * A row a round, a cell a part of memory.
     *
     * @param ramPages size of the guest's memory
     */
    static String heat(List<Map<?, ?>> rounds, long ramPages) {
        int high = Math.max(4, Math.min(16, 480 / Math.max(1, rounds.size())));
        StringBuilder svg = open(rounds.size() * high + 18);
        int y = 0;
        for (Map<?, ?> round : rounds) {
            List<Long> heat = heatOf(round);
            double width = (double) WIDTH / Math.max(1, heat.size());
            double full = Math.max(1, (double) ramPages / Math.max(1, heat.size()));
            for (int i = 0; i < heat.size(); i++) {
                double share = Math.min(1, heat.get(i) / full);
                svg.append(rect(i * width, y, width, high, colour(share)));
            }
            y += high;
        }
        svg.append(format("<text x=\"2\" y=\"%d\">0</text>%n", y + 13));
        svg.append(
                format(
                        "<text x=\"898\" y=\"%d\" text-anchor=\"end\">%.0f MiB</text>%n",
                        y + 13, ramPages * (double) PAGE_BYTES / MIB));
        return close(svg);
    }

    /** The counts of a round. */
    static List<Long> heatOf(Map<?, ?> round) {
        List<Long> heat = new ArrayList<>();
        if (round.get("heat") instanceof List<?> list) {
            list.forEach(count -> heat.add(count instanceof Number n ? n.longValue() : 0L));
        }
        return heat;
    }

    /** From nearly white to dark red; a little is seen, too. */
    private static String colour(double share) {
        double shown = share == 0 ? 0 : 0.12 + 0.88 * share;
        return format(
                "#%02x%02x%02x",
                (int) (244 - 116 * shown * shown),
                (int) (244 - 230 * shown),
                (int) (244 - 206 * shown));
    }

    private static StringBuilder open(int height) {
        return new StringBuilder(format("<svg viewBox=\"0 0 %d %d\">%n", WIDTH, height));
    }

    private static String rect(double x, double y, double width, double height, String colour) {
        return format(
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>%n",
                x, y, width, height, colour);
    }

    private static String close(StringBuilder svg) {
        return svg.append("</svg>\n").toString();
    }
}
