package dev.hosta.device.virtio.console;

import dev.hosta.device.backend.ConsolePort;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A byte stream that the guest finds by its name; Linux shows it as {@code /dev/virtio-ports/NAME}.
 *
 * @param name 1 to {@link #MAX_NAME_BYTES} bytes of UTF-8
 * @param port the host's end
 */
public record NamedPort(String name, ConsolePort port) {
    /** Longest name; drivers take a message of a page and more. */
    public static final int MAX_NAME_BYTES = 64;

    /** Checks the name. */
    public NamedPort {
        Objects.requireNonNull(port);
        int sizeBytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (sizeBytes < 1 || sizeBytes > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "Name of a port must be 1.."
                            + MAX_NAME_BYTES
                            + " bytes: name="
                            + name
                            + ", sizeBytes="
                            + sizeBytes);
        }
    }
}
