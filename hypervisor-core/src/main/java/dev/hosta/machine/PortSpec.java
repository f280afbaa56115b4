package dev.hosta.machine;

import java.nio.file.Path;
import java.util.function.Function;

/**
 * A named byte stream between guest and host; a Linux guest finds it as {@code
 * /dev/virtio-ports/NAME}.
 *
 * @param name 1 to {@link #MAX_NAME} letters, digits, {@code . _ -}
 * @param target its end on the host; not the terminal
 */
public record PortSpec(String name, PortTarget target) {
    /** Most characters of a name. */
    public static final int MAX_NAME = 64;

    /** Checks the name. */
    public PortSpec {
        requireName(name);
        if (target instanceof PortTarget.Stdio) {
            throw new SpecException("A named port cannot go to stdio: name='" + name + "'.");
        }
    }

    /**
     * Passes a name on.
     *
     * @throws SpecException where it is none
     */
    public static String requireName(String name) {
        if (MachineSpec.isName(name)) {
            return name;
        }
        throw new SpecException(
                "A port's name is 1 to 64 letters, digits, '.', '_' or '-', the first a letter or"
                        + " digit: name='"
                        + name
                        + "'.");
    }

    /**
     * Reads a port.
     *
     * @param text {@code NAME=file:PATH} or {@code NAME=socket:PATH}
     * @param paths makes paths
     * @throws SpecException where it is neither
     */
    public static PortSpec parse(String text, Function<String, Path> paths) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw new SpecException(
                    "A port is NAME=file:PATH or NAME=socket:PATH: '" + text + "'.");
        }
        return new PortSpec(
                requireName(text.substring(0, equals)),
                PortTarget.parse(text.substring(equals + 1), paths));
    }
}
