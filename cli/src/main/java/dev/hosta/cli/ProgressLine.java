package dev.hosta.cli;

import dev.hosta.control.Json;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.Terminal;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where it is shown how far something long is: one line that changes on a terminal, a line now and
 * then elsewhere, JSON where asked for.
 *
 * <p>Threading: one thread.
 */
final class ProgressLine {
    private static final int LINE_EVERY_MILLIS = 1000;
    private static final String CLEAR = "\r\u001b[K";

    private final boolean json;
    private final boolean terminal = Terminal.isTerminal(FileDescriptor.borrowing(2));
    private long nextLineMillis = LINE_EVERY_MILLIS;
    private boolean drawn;

    /**
     * Nothing shown yet.
     *
     * @param json whether all is printed as lines of JSON
     */
    ProgressLine(boolean json) {
        this.json = json;
    }

    /** Whether all is printed as lines of JSON. */
    boolean isJson() {
        return json;
    }

    /** Whether the line stands on a terminal. */
    boolean isTerminal() {
        return terminal;
    }

    /**
     * Shows how far it is.
     *
     * @param line that says so
     * @param elapsedMillis since it began
     */
    void show(String line, long elapsedMillis) {
        if (terminal) {
            System.err.print(CLEAR + line);
            System.err.flush();
            drawn = true;
        } else if (elapsedMillis >= nextLineMillis) {
            System.err.println(Failure.line(line));
            nextLineMillis = elapsedMillis + LINE_EVERY_MILLIS;
        }
    }

    /** Makes room for the line that says why it failed. */
    void failed(String reason) {
        clear();
        if (json) {
            event("failed", Map.of("reason", reason));
        }
    }

    /** Makes room for another line. */
    void clear() {
        if (drawn) {
            System.err.print(CLEAR);
            System.err.flush();
            drawn = false;
        }
    }

    /** Prints a line of JSON. */
    void event(String event, Map<?, ?> values) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("event", event);
        values.forEach((key, value) -> all.put(key.toString(), value));
        System.out.println(Json.write(all));
        System.out.flush();
    }

    /** A number of an answer; 0 where it has none. */
    static long number(Map<?, ?> values, String key) {
        return values.get(key) instanceof Number number ? number.longValue() : 0;
    }
}
