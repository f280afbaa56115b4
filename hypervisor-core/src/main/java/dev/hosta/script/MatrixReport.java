package dev.hosta.script;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * What came of all runs of a matrix, put together from the reports of each.
 *
 * @param name of the script
 * @param status of all
 * @param parts in their order
 */
public record MatrixReport(String name, int status, List<Part> parts) {
    /**
     * One run.
     *
     * @param title what differs in it
     * @param status that it ended with
     * @param seconds that it took
     * @param why it failed; empty where it did not
     * @param text its report, in the same format as that of all; empty where it never got so far
     */
    public record Part(String title, int status, double seconds, String why, String text) {
        private boolean passed() {
            return status == 0;
        }
    }

    /** Copies the list. */
    public MatrixReport {
        parts = List.copyOf(parts);
    }

    /** Writes it, lines ended by newlines. */
    public String write(ReportFormat format) {
        return switch (format) {
            case LIVE -> live();
            case TAP -> tap();
            case JUNIT -> junit();
            case JSON -> json();
        };
    }

    private String live() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.title()).append('\n').append(part.text());
        }
        return text.toString();
    }

    /** A subtest each (TAP version 14). */
    private String tap() {
        StringBuilder text = new StringBuilder("TAP version 14\n1..").append(parts.size());
        text.append('\n');
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            text.append("# Subtest: ").append(part.title()).append('\n');
            part.text()
                    .lines()
                    .skip(1)
                    .forEach(line -> text.append("    ").append(line).append('\n'));
            text.append(part.passed() ? "ok " : "not ok ").append(i + 1).append(" - ");
            text.append(part.title().replace("\\", "\\\\").replace("#", "\\#")).append('\n');
            text.append("  ---\n  duration_ms: ").append((long) (part.seconds() * 1000));
            text.append("\n  status: ").append(part.status()).append('\n');
            if (!part.passed()) {
                text.append("  message: ").append(ReportFormat.quoted(part.why())).append('\n');
            }
            text.append("  ...\n");
        }
        return text.toString();
    }

    private String junit() {
        StringBuilder text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        text.append("<testsuites name=\"").append(attribute(name)).append("\">\n");
        for (Part part : parts) {
            if (part.text().isEmpty()) {
                String title = attribute(part.title());
                text.append("<testsuite name=\"").append(title);
                text.append("\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">");
                text.append("<testcase classname=\"").append(title);
                text.append("\" name=\"the run\" time=\"");
                text.append(String.format(Locale.ROOT, "%.3f", part.seconds()));
                text.append("\"><error message=\"").append(attribute(part.why()));
                text.append("\"/></testcase></testsuite>\n");
            } else {
                // Behind its XML declaration.
                text.append(part.text().substring(part.text().indexOf("?>") + 2).strip());
                text.append('\n');
            }
        }
        return text.append("</testsuites>\n").toString();
    }

    private static String attribute(String text) {
        return ReportFormat.plain(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("\"", "&quot;");
    }

    private String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("script", name);
            json.writeBooleanField("passed", status == 0);
            json.writeNumberField("status", status);
            json.writeArrayFieldStart("runs");
            for (Part part : parts) {
                json.writeStartObject();
                json.writeStringField("run", part.title());
                json.writeBooleanField("passed", part.passed());
                json.writeNumberField("status", part.status());
                json.writeNumberField("seconds", part.seconds());
                if (!part.passed()) {
                    json.writeStringField("failure", part.why());
                }
                if (!part.text().isEmpty()) {
                    json.writeFieldName("report");
                    json.writeRawValue(part.text().strip());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write JSON to memory", e);
        }
        return text.append('\n').toString();
    }
}
