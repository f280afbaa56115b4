package dev.hosta.script;

/** Characters that cannot be typed, as a script and a command line write them. */
public final class Escapes {
    private Escapes() {}

    /**
     * The text that is meant: {@code \n}, {@code \r}, {@code \t}, {@code \e}, {@code \0}, {@code
     * \\} and {@code \xNN} are one character each.
     *
     * @throws StepException where a backslash stands before something else
     */
    public static String read(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                result.append(c);
                continue;
            }
            i++;
            switch (i < text.length() ? text.charAt(i) : ' ') {
                case 'n' -> result.append('\n');
                case 'r' -> result.append('\r');
                case 't' -> result.append('\t');
                case 'e' -> result.append('\u001b');
                case '0' -> result.append('\0');
                case '\\' -> result.append('\\');
                case 'x' -> {
                    result.append(hex(text, i + 1));
                    i += 2;
                }
                default ->
                        throw new StepException(
                                "a backslash stands before n, r, t, e, 0, xNN or another one: '"
                                        + text
                                        + "'");
            }
        }
        return result.toString();
    }

    private static char hex(String text, int at) {
        try {
            if (at + 2 <= text.length() && Character.digit(text.charAt(at), 16) >= 0) {
                return (char) Integer.parseInt(text, at, at + 2, 16);
            }
        } catch (NumberFormatException e) {
            throw new StepException("behind \\x stand two hex digits: '" + text + "'", e);
        }
        throw new StepException("behind \\x stand two hex digits: '" + text + "'");
    }

    /** The text on one line, control characters as escapes. */
    public static String show(String text) {
        StringBuilder result = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '\n' -> result.append("\\n");
                case '\r' -> result.append("\\r");
                case '\t' -> result.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7f) {
                        result.append(String.format("\\x%02x", (int) c));
                    } else {
                        result.append(c);
                    }
                }
            }
        }
        return result.toString();
    }
}
