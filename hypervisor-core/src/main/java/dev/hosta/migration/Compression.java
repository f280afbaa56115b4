package dev.hosta.migration;

import dev.hosta.machine.SpecException;

/** Whether pages are made smaller before they go over. */
public enum Compression {
    /** They go as they are. */
    OFF,
    /** All that LZ4 makes smaller. */
    LZ4,
    /** LZ4 for as long as more of RAM goes over in the same time with it than without. */
    AUTO;

    /**
     * Reads {@code off}, {@code lz4} or {@code auto}.
     *
     * @throws SpecException where it is none of them
     */
    public static Compression parse(String text) {
        return switch (text) {
            case "off" -> OFF;
            case "lz4" -> LZ4;
            case "auto" -> AUTO;
            default -> throw new SpecException("Compression is auto, lz4 or off: '" + text + "'.");
        };
    }
}
