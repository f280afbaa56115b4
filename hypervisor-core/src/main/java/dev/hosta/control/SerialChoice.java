package dev.hosta.control;

import java.nio.file.Path;

/** Where the serial console of a VM goes, as whoever creates it asks. */
public sealed interface SerialChoice {
    /** Standard input and output of the VMM. */
    record Tty() implements SerialChoice {}

    /**
     * Into a file; no input.
     *
     * @param path made or cut to nothing at boot
     */
    record ToFile(Path path) implements SerialChoice {}

    /**
     * A Unix socket to connect to.
     *
     * @param path made at boot
     */
    record Socket(Path path) implements SerialChoice {}

    /** Nowhere but to who attaches. */
    record None() implements SerialChoice {}
}
