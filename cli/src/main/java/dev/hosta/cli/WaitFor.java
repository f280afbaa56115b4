package dev.hosta.cli;

import dev.hosta.machine.SpecException;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** When a detached guest counts as ready. */
sealed interface WaitFor {
    /**
     * Its console shows something.
     *
     * @param pattern of a part of what it shows
     */
    record Shown(Pattern pattern) implements WaitFor {}

    /**
     * Something on this host takes TCP connections.
     *
     * @param port 1 to 65535
     */
    record Port(int port) implements WaitFor {}

    /** It has ended, with its own status. */
    record Status() implements WaitFor {}

    /**
     * Reads one.
     *
     * @param text {@code status}, {@code port:N} or a regular expression
     * @throws SpecException where it is none
     */
    static WaitFor parse(String text) {
        if (text.equals("status")) {
            return new Status();
        }
        if (text.startsWith("port:")) {
            try {
                int port = Integer.parseInt(text.substring("port:".length()));
                if (port > 0 && port < 1 << 16) {
                    return new Port(port);
                }
            } catch (NumberFormatException e) {
                throw new SpecException("A port is 1 to 65535: '" + text + "'.", e);
            }
            throw new SpecException("A port is 1 to 65535: '" + text + "'.");
        }
        try {
            return new Shown(Pattern.compile(text));
        } catch (PatternSyntaxException e) {
            throw new SpecException("This is no regular expression: '" + text + "'.", e);
        }
    }
}
