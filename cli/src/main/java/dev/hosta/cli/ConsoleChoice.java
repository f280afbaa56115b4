package dev.hosta.cli;

import dev.hosta.control.SerialChoice;

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

    /** What the API calls it. */
    default SerialChoice serial() {
        return switch (this) {
            case Stdio s -> new SerialChoice.Tty();
            case ToFile f -> new SerialChoice.ToFile(f.path());
            case None n -> new SerialChoice.None();
        };
    }
}
