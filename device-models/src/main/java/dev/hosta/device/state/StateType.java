package dev.hosta.device.state;

/**
 * Names one version of one kind of saved state.
 *
 * @param <T> the record that carries it
 * @param kind what it is, e.g. {@code "legacy.uart16550"}; never reused for another meaning
 * @param version 1 and up; a version once released never changes
 * @param type the record's class
 */
public record StateType<T extends Record>(String kind, int version, Class<T> type) {
    /** Checks the name and the version. */
    public StateType {
        if (kind.isBlank() || version < 1) {
            throw new IllegalArgumentException(
                    "State type needs a kind and a version from 1: kind="
                            + kind
                            + ", version="
                            + version);
        }
    }
}
