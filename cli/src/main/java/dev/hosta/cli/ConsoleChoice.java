package dev.hosta.cli;

import java.nio.file.Path;

/** Where the guest's console goes. */
sealed interface ConsoleChoice {
    /** Standard input and output; a terminal goes raw. */
    record Stdio() implements ConsoleChoice {}

    /**
     * Output into a file, no input.
     *
     * @param path made or cut to nothing when the guest starts
     */
    record ToFile(Path path) implements ConsoleChoice {}

    /** No input, output dropped. */
    record None() implements ConsoleChoice {}
}
