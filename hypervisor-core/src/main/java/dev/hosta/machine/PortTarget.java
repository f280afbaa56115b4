package dev.hosta.machine;

import java.nio.file.Path;
import java.util.function.Function;

/** Where a port of the guest's console goes on the host. */
public sealed interface PortTarget {
    /** The terminal, or standard input and output, of the process. */
    record Stdio() implements PortTarget {}

    /**
     * Output to the end of a file, no input.
     *
     * @param path made where it is not there
     */
    record ToFile(Path path) implements PortTarget {}

    /**
     * A Unix stream socket for one client at a time.
     *
     * @param path made when the guest starts, removed when it ends
     */
    record Socket(Path path) implements PortTarget {}

    /**
     * Reads a target of a named port.
     *
     * @param text {@code file:PATH} or {@code socket:PATH}
     * @param paths makes paths
     * @throws SpecException where it is neither
     */
    static PortTarget parse(String text, Function<String, Path> paths) {
        int colon = text.indexOf(':');
        String kind = text.substring(0, Math.max(0, colon));
        String rest = text.substring(colon + 1);
        if (!rest.isEmpty() && kind.equals("file")) {
            return new ToFile(paths.apply(rest));
        }
        if (!rest.isEmpty() && kind.equals("socket")) {
            return new Socket(paths.apply(rest));
        }
        throw new SpecException("A port goes to file:PATH or socket:PATH: '" + text + "'.");
    }
}
