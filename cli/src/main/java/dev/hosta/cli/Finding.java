package dev.hosta.cli;

import java.util.Locale;

/**
 * One thing that {@code hosta doctor} looked at.
 *
 * @param level how it is
 * @param what what was found
 * @param advice what to do about it; empty where there is nothing to do
 */
record Finding(Level level, String what, String advice) {
    /** How a thing is. */
    enum Level {
        /** As it should be. */
        OK,
        /** Guests run, but something is slow or missing. */
        WARN,
        /** No guest runs. */
        FAIL
    }

    static Finding ok(String what) {
        return new Finding(Level.OK, what, "");
    }

    static Finding warn(String what, String advice) {
        return new Finding(Level.WARN, what, advice);
    }

    static Finding fail(String what, String advice) {
        return new Finding(Level.FAIL, what, advice);
    }

    /** The line for people. */
    @Override
    public String toString() {
        String word = level == Level.FAIL ? "FAIL" : levelName();
        return String.format("%-4s %s%s", word, what, advice.isEmpty() ? "" : " - " + advice);
    }

    /** The object for programs. */
    String json() {
        return "{\"level\":"
                + quoted(levelName())
                + ",\"what\":"
                + quoted(what)
                + ",\"advice\":"
                + quoted(advice)
                + "}";
    }

    private String levelName() {
        return level.name().toLowerCase(Locale.ROOT);
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
