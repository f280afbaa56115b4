package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import javax.xml.parsers.DocumentBuilderFactory;

class MatrixReportTest {
    private static String part(ReportFormat format) {
        Step step =
                new Step(new Place("a:1:1"), new Step.Plain(Step.Word.STOP), Duration.ofSeconds(1));
        StepResult result = new StepResult(step, 1, Duration.ofMillis(5), Optional.empty());
        ScriptResult steps = new ScriptResult("a [k=\"x\"]", List.of(result), 1, "");
        return format.write(new ScriptReport(steps, "was ended from outside", 0, List.of()));
    }

    private static String all(ReportFormat format) {
        MatrixReport.Part good = new MatrixReport.Part("k=1", 0, 1.5, "", part(format));
        MatrixReport.Part bad =
                new MatrixReport.Part("k=<2> #", 125, 0.1, "no \"kernel\" & so", "");
        return new MatrixReport("a<b>", 125, List.of(good, bad)).write(format);
    }

    @Test
    void tapHasASubtestForEachRun() {
        assertEquals(
                """
                TAP version 14
                1..2
                # Subtest: k=1
                    1..1
                    ok 1 - stop
                      ---
                      duration_ms: 5
                      at: "a:1:1"
                      ...
                    # guest was ended from outside, status 0
                ok 1 - k=1
                  ---
                  duration_ms: 1500
                  status: 0
                  ...
                # Subtest: k=<2> #
                not ok 2 - k=<2> \\#
                  ---
                  duration_ms: 100
                  status: 125
                  message: "no \\"kernel\\" & so"
                  ...
                """,
                all(ReportFormat.TAP));
    }

    @Test
    void junitIsOneDocument() throws Exception {
        byte[] xml = all(ReportFormat.JUNIT).getBytes(StandardCharsets.UTF_8);
        var suites =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(xml))
                        .getDocumentElement();
        assertEquals("a<b>", suites.getAttribute("name"));
        var each = suites.getElementsByTagName("testsuite");
        assertEquals(2, each.getLength());
        assertEquals(
                "a [k=\"x\"]", each.item(0).getAttributes().getNamedItem("name").getNodeValue());
        var error = suites.getElementsByTagName("error").item(0);
        assertEquals(
                "no \"kernel\" & so", error.getAttributes().getNamedItem("message").getNodeValue());
    }

    @Test
    void jsonIsOneObject() throws Exception {
        try (JsonParser json = new JsonFactory().createParser(all(ReportFormat.JSON))) {
            int objects = 0;
            while (json.nextToken() != null) {
                objects += json.currentToken().isStructStart() ? 1 : 0;
            }
            // The whole, its runs, each of them, a report, its steps, one step.
            assertEquals(7, objects);
        }
    }

    @Test
    void linesStandBehindTheirRun() {
        String live = all(ReportFormat.LIVE);
        assertTrue(live.startsWith("k=1\nok 1 - stop (0.005 s)\n"), live);
        assertTrue(live.endsWith("k=<2> #\n"), live);
    }
}
