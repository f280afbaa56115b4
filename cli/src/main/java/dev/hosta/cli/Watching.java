package dev.hosta.cli;

import java.time.Duration;
import java.util.Optional;

/**
 * What a run looks for in its guest.
 *
 * @param stall after how long without output and progress it counts as hanging; never where empty
 * @param panics whether a kernel that says on the console that it has panicked has crashed
 */
record Watching(Optional<Duration> stall, boolean panics) {
    /** What every run looks for. */
    static final Watching USUAL = new Watching(Optional.empty(), true);
}
