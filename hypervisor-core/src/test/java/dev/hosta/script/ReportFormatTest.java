package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import javax.xml.parsers.DocumentBuilderFactory;

class ReportFormatTest {
    private static final Step EXPECT =
            new Step(
                    new Place("boot.yaml:2:3"),
                    new Step.Expect(new Template("a<b> #1 \"\u0007")),
                    Duration.ofSeconds(1));
    private static final StepResult PASSED =
            new StepResult(EXPECT, 1, Duration.ofMillis(1500), Optional.empty());
    private static final StepResult FAILED =
            new StepResult(EXPECT, 2, Duration.ofMillis(20), Optional.of("not \"seen\" within 1s"));
    private static final ScriptReport GOOD =
            new ScriptReport(
                    new ScriptResult("boot.yaml", List.of(PASSED), 1, "x"),
                    "powered off",
                    0,
                    List.of());
    private static final ScriptReport BAD =
            new ScriptReport(
                    new ScriptResult("boot.yaml", List.of(PASSED, FAILED), 3, "last & line"),
                    "was ended",
                    122,
                    List.of("vCPU 0\nrip 0x1\n"));

    @Test
    void tapPlansWhatWasNotTaken() {
        String tap = ReportFormat.TAP.write(BAD);
        List<String> lines =
                tap.lines().filter(line -> line.matches("(not )?ok.*|1\\..*")).toList();
        assertEquals("1..3", lines.getFirst());
        assertTrue(lines.get(1).startsWith("ok 1 - expect 'a<b> \\#1"), tap);
        assertTrue(lines.get(2).startsWith("not ok 2 - "), tap);
        assertEquals("not ok 3 # SKIP not taken", lines.get(3));
        assertTrue(tap.contains("  message: \"not \\\"seen\\\" within 1s\"\n"), tap);
        assertTrue(tap.contains("# last & line\n# vCPU 0\n# rip 0x1\n"), tap);
        assertTrue(!ReportFormat.TAP.write(GOOD).contains("last that it showed"));
    }

    @Test
    void junitIsXmlWhateverAGuestWrites() throws Exception {
        Element suite = suite(BAD);
        assertEquals("3", suite.getAttribute("tests"));
        assertEquals("1", suite.getAttribute("failures"));
        assertEquals("1", suite.getAttribute("skipped"));
        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertEquals(
                "boot.yaml:2:3: Step 2, expect 'a<b> #1 \"': not \"seen\" within 1s.",
                failure.getAttribute("message"));
        assertTrue(failure.getTextContent().contains("last & line\nvCPU 0\nrip 0x1"));
        assertEquals("0", suite(GOOD).getAttribute("failures"));
        ScriptReport crashed =
                new ScriptReport(GOOD.result(), "The guest crashed: triple fault", 126, List.of());
        assertEquals("1", suite(crashed).getAttribute("errors"));
        assertEquals("2", suite(crashed).getAttribute("tests"));
    }

    private static Element suite(ScriptReport report) throws Exception {
        byte[] xml = ReportFormat.JUNIT.write(report).getBytes(StandardCharsets.UTF_8);
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(xml));
        return document.getDocumentElement();
    }

    @Test
    void jsonIsOneObject() throws Exception {
        JsonNode json = new ObjectMapper().readTree(ReportFormat.JSON.write(BAD));
        assertEquals(122, json.get("status").asInt());
        assertEquals(2, json.get("steps").size());
        assertEquals("not \"seen\" within 1s", json.at("/steps/1/failure").asText());
        assertEquals("vCPU 0\nrip 0x1\n", json.at("/vcpus/0").asText());
        assertTrue(
                new ObjectMapper()
                        .readTree(ReportFormat.JSON.write(GOOD))
                        .get("passed")
                        .asBoolean());
    }

    @Test
    void formatsAreNamed() {
        assertEquals(ReportFormat.JUNIT, ReportFormat.parse("junit"));
        assertThrows(StepException.class, () -> ReportFormat.parse("xml"));
        assertEquals(
                "not ok 2 - expect 'a<b> #1 \"\u0007' (0.020 s): not \"seen\" within 1s",
                ReportFormat.line(FAILED));
    }
}
