package dev.hosta.cli;

import dev.hosta.script.Script;

import java.time.Duration;
import java.util.Optional;

/**
 * What a run looks for in its guest.
 *
 * @param stall after how long without output and progress it counts as hanging; never where empty
 * @param panics whether a kernel that says on the console that it has panicked has crashed
 * @param script what is to be done with it, if anything
 */
record Watching(Optional<Duration> stall, boolean panics, Optional<Named> script) {
    /**
     * A script and where it comes from.
     *
     * @param name of its file, or of the command line
     */
    record Named(String name, Script script) {}

    /** What every run looks for. */
    static final Watching USUAL = new Watching(Optional.empty(), true, Optional.empty());
}
