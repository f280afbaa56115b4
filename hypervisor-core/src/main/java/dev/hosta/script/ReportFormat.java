package dev.hosta.script;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;

import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * How a report is written.
 *
 * <p>Sources: TAP version 14 (testanything.org); the JUnit XML that build servers read (testsuite,
 * testcase, failure, skipped, system-out).
 */
public enum ReportFormat {
    /** A line for each step. */
    LIVE,
    /** The Test Anything Protocol. */
    TAP,
    /** JUnit's XML. */
    JUNIT,
    /** One JSON object. */
    JSON;

    /** The names of all, as they are typed. */
    public static final String NAMES = "live, tap, junit or json";

    /**
     * Reads a name.
     *
     * @throws StepException where it is none
     */
    public static ReportFormat parse(String name) {
        for (ReportFormat format : values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
                return format;
            }
        }
        throw new StepException("A report's format is " + NAMES + ": '" + name + "'.");
    }

    /** Writes a report, lines ended by newlines. */
    public String write(ScriptReport report) {
        return switch (this) {
            case LIVE -> live(report);
            case TAP -> tap(report);
            case JUNIT -> junit(report);
            case JSON -> json(report);
        };
    }

    private static double seconds(StepResult step) {
        return step.took().toNanos() / 1e9;
    }

    private static String live(ScriptReport report) {
        StringBuilder text = new StringBuilder();
        for (StepResult step : report.result().steps()) {
            text.append(line(step)).append('\n');
        }
        text.append("guest ").append(report.end()).append(", status ");
        return text.append(report.status()).append('\n').toString();
    }

    /** One step that is over. */
    public static String line(StepResult step) {
        return String.format(
                Locale.ROOT,
                "%s %d - %s (%.3f s)%s",
                step.passed() ? "ok" : "not ok",
                step.number(),
                step.step().title(),
                seconds(step),
                step.failure().map(why -> ": " + why).orElse(""));
    }

    private static String tap(ScriptReport report) {
        ScriptResult result = report.result();
        int planned = Math.max(result.planned(), result.steps().size());
        StringBuilder text = new StringBuilder("TAP version 14\n1..").append(planned).append('\n');
        for (StepResult step : result.steps()) {
            text.append(step.passed() ? "ok " : "not ok ").append(step.number()).append(" - ");
            text.append(step.step().title().replace("\\", "\\\\").replace("#", "\\#"));
            text.append('\n');
            text.append("  ---\n  duration_ms: ").append(step.took().toMillis()).append('\n');
            text.append("  at: ").append(quoted(step.step().place().text())).append('\n');
            step.failure().ifPresent(why -> text.append("  message: " + quoted(why) + "\n"));
            text.append("  ...\n");
        }
        for (int i = result.steps().size(); i < planned; i++) {
            text.append("not ok ").append(i + 1).append(" # SKIP not taken\n");
        }
        text.append("# guest ").append(report.end()).append(", status ").append(report.status());
        text.append('\n');
        if (!report.passed()) {
            report.evidence().lines().forEach(l -> text.append("# ").append(l).append('\n'));
        }
        return text.toString();
    }

    /** A YAML text in double quotes. */
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private static String json(ScriptReport report) {
        StringWriter text = new StringWriter();
        ScriptResult result = report.result();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("script", result.name());
            json.writeBooleanField("passed", report.passed());
            json.writeNumberField("status", report.status());
            json.writeStringField("guest", report.end());
            json.writeNumberField("planned", result.planned());
            json.writeArrayFieldStart("steps");
            for (StepResult step : result.steps()) {
                json.writeStartObject();
                json.writeNumberField("number", step.number());
                json.writeStringField("step", step.step().title());
                json.writeStringField("at", step.step().place().text());
                json.writeNumberField("seconds", seconds(step));
                json.writeBooleanField("passed", step.passed());
                if (step.failure().isPresent()) {
                    json.writeStringField("failure", step.failure().get());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            if (!report.passed()) {
                json.writeStringField("screen", result.screen());
                json.writeArrayFieldStart("vcpus");
                for (String vcpu : report.vcpus()) {
                    json.writeString(vcpu);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write JSON to memory", e);
        }
        return text.append('\n').toString();
    }

    private static String junit(ScriptReport report) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            suite(xml, report);
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("Cannot write XML to memory", e);
        }
        return text.append('\n').toString();
    }

    private static void suite(XMLStreamWriter xml, ScriptReport report) throws XMLStreamException {
        ScriptResult result = report.result();
        int taken = result.steps().size();
        int planned = Math.max(result.planned(), taken);
        long failures = result.steps().stream().filter(step -> !step.passed()).count();
        double seconds = result.steps().stream().mapToDouble(ReportFormat::seconds).sum();
        boolean guestFailed = failures == 0 && !report.passed();
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", plain(result.name()));
        xml.writeAttribute("tests", "" + (planned + (guestFailed ? 1 : 0)));
        xml.writeAttribute("failures", "" + failures);
        xml.writeAttribute("errors", guestFailed ? "1" : "0");
        xml.writeAttribute("skipped", "" + (planned - taken));
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
        for (StepResult step : result.steps()) {
            begin(xml, result, step.number() + " " + step.step().title(), seconds(step));
            if (!step.passed()) {
                xml.writeStartElement("failure");
                xml.writeAttribute("message", plain(step.line()));
                xml.writeCharacters(plain(report.evidence()));
                xml.writeEndElement();
            }
            xml.writeEndElement();
        }
        for (int i = taken; i < planned; i++) {
            begin(xml, result, i + 1 + " not taken", 0);
            xml.writeEmptyElement("skipped");
            xml.writeEndElement();
        }
        if (guestFailed) {
            begin(xml, result, "the guest's end", 0);
            xml.writeStartElement("error");
            xml.writeAttribute("message", plain(report.end()));
            xml.writeCharacters(plain(report.evidence()));
            xml.writeEndElement();
            xml.writeEndElement();
        }
        xml.writeStartElement("system-out");
        xml.writeCharacters(plain(result.screen()));
        xml.writeEndElement();
        xml.writeEndElement();
    }

    private static void begin(XMLStreamWriter xml, ScriptResult result, String name, double seconds)
            throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", plain(result.name()));
        xml.writeAttribute("name", plain(name));
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
    }

    /** Without the characters that XML 1.0 (§2.2) cannot hold. */
    static String plain(String text) {
        return text.replaceAll(
                "[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\x{10000}-\\x{10ffff}]", "");
    }
}
