package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import javax.xml.parsers.DocumentBuilderFactory;

/** The page about a migration: what stands in it, and that it needs nothing else. */
final class ReportPageTest {
    private static final Map<String, Object> REPORT =
            Map.of(
                    "to",
                    "host:1?<script>alert(1)</script>",
                    "rounds",
                    2,
                    "ram_bytes",
                    4L << 20,
                    "sent_bytes",
                    1L << 20,
                    "total_us",
                    4000L,
                    "downtime_us",
                    1000L,
                    "pause_us",
                    100L,
                    "last_pages_us",
                    200L,
                    "state_us",
                    700L,
                    "history",
                    List.of(
                            round(1, 200, List.of(100L, 0L, 100L, 0L)),
                            round(2, 56, List.of(56L, 0L, 0L, 0L))));

    private static Map<String, Object> round(int number, long pages, List<Long> heat) {
        return Map.of(
                "round",
                number,
                "began_us",
                1000L * number,
                "took_us",
                500L,
                "pending_pages",
                pages,
                "sent_pages",
                pages,
                "zero_pages",
                0L,
                "throttle_percent",
                20L,
                "heat",
                heat);
    }

    @Test
    void tellsWhatWasMeasuredAndRunsNothing() throws Exception {
        String page = ReportPage.of("web1", REPORT);
        assertFalse(page.contains("<script"), page);
        assertFalse(Pattern.compile("(src|href)=|url\\(|http").matcher(page).find(), page);
        assertTrue(page.contains("1.0 ms") && page.contains("Migration of web1 to host:1"), page);
        List<String> drawings =
                Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
                        .matcher(page)
                        .results()
                        .map(MatchResult::group)
                        .toList();
        assertEquals(3, drawings.size());
        for (String drawing : drawings) {
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(drawing)));
        }
        // Two rounds of four parts; three of the eight were written to.
        assertEquals(8, drawings.getLast().split("<rect").length - 1);
        assertEquals(5, drawings.getLast().split("#f4f4f4").length - 1);
    }

    @Test
    void standsWithoutRounds() {
        String page = ReportPage.of("a&b", Map.of("to", "x"));
        assertTrue(page.contains("Migration of a&amp;b to x"), page);
        assertEquals(4, page.split("<svg").length);
    }
}
