package dev.hosta.machine;

import dev.hosta.device.virtio.console.ConsoleDevice;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The guest's virtio consoles; the serial port is always there and no part of this.
 *
 * @param hvc where the console {@code hvc0} goes; empty for none
 * @param ports named byte streams, each with its own name and place
 */
public record ConsoleSpec(Optional<PortTarget> hvc, List<PortSpec> ports) {
    /** Neither console nor ports. */
    public static final ConsoleSpec NONE = new ConsoleSpec(Optional.empty(), List.of());

    /** Most named ports. */
    public static final int MAX_PORTS = ConsoleDevice.MAX_PORTS;

    /** Checks that nothing is there twice. */
    public ConsoleSpec {
        if (ports.size() > MAX_PORTS) {
            throw new SpecException(
                    "Too many ports: " + ports.size() + ", at most " + MAX_PORTS + ".");
        }
        Set<String> names = new HashSet<>();
        Set<PortTarget> targets = new HashSet<>();
        hvc.ifPresent(targets::add);
        for (PortSpec port : ports) {
            if (!names.add(port.name())) {
                throw new SpecException("Two ports have the same name: '" + port.name() + "'.");
            }
            if (!targets.add(port.target())) {
                throw new SpecException("Two ports go to the same place: '" + port.name() + "'.");
            }
        }
        ports = List.copyOf(ports);
    }

    /** Whether there is neither console nor port. */
    public boolean isEmpty() {
        return hvc.isEmpty() && ports.isEmpty();
    }

    /** Virtio devices that it takes: one for the console, one for all named ports. */
    int deviceCount() {
        return (hvc.isPresent() ? 1 : 0) + (ports.isEmpty() ? 0 : 1);
    }

    /** Whether the console is on the terminal. */
    public boolean isOnStdio() {
        return hvc.isPresent() && hvc.get() instanceof PortTarget.Stdio;
    }

    /**
     * Reads where the console goes.
     *
     * @param text {@code stdio}, {@code file:PATH}, {@code socket:PATH} or {@code none}
     * @param paths makes paths
     * @throws SpecException where it is none of these
     */
    public static Optional<PortTarget> parseHvc(String text, Function<String, Path> paths) {
        if (text.equals("none")) {
            return Optional.empty();
        }
        if (text.equals("stdio")) {
            return Optional.of(new PortTarget.Stdio());
        }
        if (!text.startsWith("file:") && !text.startsWith("socket:")) {
            throw new SpecException(
                    "A virtio console is stdio, file:PATH, socket:PATH or none: '" + text + "'.");
        }
        return Optional.of(PortTarget.parse(text, paths));
    }
}
