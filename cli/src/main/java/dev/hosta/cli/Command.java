package dev.hosta.cli;

import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** One subcommand: its options, and what it does. */
interface Command {
    /** Called before anything else, once the command is chosen. */
    default void prepare() {}

    /** Its options and help, as a model of its own. */
    CommandSpec spec();

    /**
     * Does what was asked for.
     *
     * @return the process's status
     * @throws RuntimeException what failed; {@link Failure} makes it one line
     */
    int run(ParseResult parsed);

    /** Status for a command line that makes no sense. */
    default int usageStatus() {
        return ExitStatus.USAGE;
    }

    /** Status for what {@link #run} threw. */
    default int failureStatus(Throwable e) {
        return e instanceof SpecException ? ExitStatus.BAD_SPEC : ExitStatus.FAILED;
    }
}
