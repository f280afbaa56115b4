package dev.hosta.script;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * One step of a script.
 *
 * @param place where it was asked for
 * @param action what it does
 * @param timeout how long it may take; longer than nothing
 */
public record Step(Place place, Action action, Duration timeout) {
    /** How long a step may take that says nothing of it. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

    /** What a step does. */
    public sealed interface Action {
        /** Its name in a script. */
        String name();

        /** What it is about, for a report; may be empty. */
        default String detail() {
            return "";
        }
    }

    /**
     * Waits until the console shows something; named groups are captured.
     *
     * @param regex with {@link Template names} whose values are looked for as they are
     */
    public record Expect(Template regex) implements Action {
        @Override
        public String name() {
            return "expect";
        }

        @Override
        public String detail() {
            return "'" + regex.text() + "'";
        }

        /**
         * The regex for these values.
         *
         * @throws StepException where it is none
         */
        public Pattern pattern(Map<String, String> values) {
            return compile(regex.with(values, Pattern::quote));
        }
    }

    /**
     * Types on the console, escapes ({@code \n}) done.
     *
     * @param text with names of captures
     */
    public record Send(Template text) implements Action {
        @Override
        public String name() {
            return "send";
        }

        @Override
        public String detail() {
            return "'" + Escapes.show(text.text()) + "'";
        }
    }

    /** Waits for something other than text on the console. */
    public sealed interface Wait extends Action {
        @Override
        default String name() {
            return "wait-for";
        }
    }

    /**
     * Waits until something on this host takes connections.
     *
     * @param port TCP, 1 to 65535
     */
    public record WaitForPort(int port) implements Wait {
        @Override
        public String detail() {
            return "port " + port;
        }
    }

    /**
     * Waits until something stands at a path in the guest, by its agent.
     *
     * @param path with names of captures
     */
    public record WaitForFile(Template path) implements Wait {
        @Override
        public String detail() {
            return "file '" + path.text() + "'";
        }
    }

    /**
     * Waits for the guest's end.
     *
     * @param status with which it must end; any where empty
     */
    public record WaitForEnd(OptionalInt status) implements Wait {
        @Override
        public String detail() {
            return status.isPresent() ? "status " + status.getAsInt() : "end";
        }
    }

    /**
     * Waits until the guest shows and does nothing that can be seen from outside.
     *
     * @param quiet for how long
     */
    public record SleepUntilIdle(Duration quiet) implements Action {
        @Override
        public String name() {
            return "sleep-until-idle";
        }

        @Override
        public String detail() {
            return quiet.toMillis() + "ms";
        }
    }

    /** What is done without further words. */
    public enum Word {
        /** Stops the vCPUs. */
        PAUSE,
        /** Lets the vCPUs go on. */
        UNPAUSE,
        /** Presses the ACPI power button. */
        POWER_BUTTON,
        /** Has the guest migrate to another VMM on this host, where the script goes on with it. */
        MIGRATE,
        /** Ends the guest from outside. */
        STOP;

        /** Its name in a script. */
        String text() {
            return textOf(this);
        }
    }

    /**
     * Does what its word says.
     *
     * @param word that stands alone
     */
    public record Plain(Word word) implements Action {
        @Override
        public String name() {
            return word.text();
        }
    }

    /** What is done with a saved form. */
    public enum Saving {
        /** Saves the guest, which runs on. */
        SNAPSHOT,
        /** Saves the guest and takes its machine down; only {@link #RESUME} goes on from there. */
        SUSPEND,
        /** Makes a new machine of what was saved, in place of the one that was suspended. */
        RESUME;

        /** Its name in a script. */
        String text() {
            return textOf(this);
        }
    }

    /**
     * Saves the guest, or goes on with a saved one.
     *
     * @param saving which of them
     * @param folder of the saved form; to save into, new or one to write over
     */
    public record Save(Saving saving, Path folder) implements Action {
        @Override
        public String name() {
            return saving.text();
        }

        @Override
        public String detail() {
            return folder.toString();
        }
    }

    /**
     * Takes steps with a second guest, which begins as this one stands and ends behind them.
     *
     * @param steps in their order
     */
    public record Fork(List<Step> steps) implements Action {
        /** Copies the list. */
        public Fork {
            steps = List.copyOf(steps);
        }

        @Override
        public String name() {
            return "fork";
        }
    }

    private static String textOf(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Runs a command in the guest, by its shell.
     *
     * @param command with names of captures
     * @param status with which it must end
     * @param into the name under which its standard output is captured, the last newline dropped
     */
    public record Run(Template command, int status, Optional<String> into) implements Action {
        @Override
        public String name() {
            return "run";
        }

        @Override
        public String detail() {
            return "'" + command.text() + "'";
        }
    }

    /**
     * Runs a command in the guest, by its shell, whose output is the process's own; a status other
     * than 0 is the script's, and ends the steps.
     *
     * @param command with names of captures
     */
    public record Exec(Template command) implements Action {
        @Override
        public String name() {
            return "exec";
        }

        @Override
        public String detail() {
            return "'" + command.text() + "'";
        }
    }

    /**
     * Compares what was captured.
     *
     * @param that text with names
     * @param is a regex that all of it must match
     */
    public record Assert(Template that, Template is) implements Action {
        @Override
        public String name() {
            return "assert";
        }

        @Override
        public String detail() {
            return "'" + that.text() + "' matches '" + is.text() + "'";
        }

        /** The regex for these values. */
        Pattern pattern(Map<String, String> values) {
            return compile(is.with(values, Pattern::quote));
        }
    }

    /** It, and the steps within it. */
    Stream<Step> all() {
        return action instanceof Fork fork
                ? Stream.concat(Stream.of(this), fork.steps().stream().flatMap(Step::all))
                : Stream.of(this);
    }

    /** What it does, in a word or two. */
    public String title() {
        return (action.name() + " " + action.detail()).stripTrailing();
    }

    /**
     * Reads a regular expression, of whose text {@code ^} and {@code $} mean a line's ends.
     *
     * @throws StepException where it is none
     */
    public static Pattern compile(String regex) {
        try {
            return Pattern.compile(regex, Pattern.MULTILINE);
        } catch (PatternSyntaxException e) {
            throw new StepException(
                    "this is no regular expression: "
                            + e.getDescription()
                            + " near index "
                            + e.getIndex()
                            + " of '"
                            + regex
                            + "'",
                    e);
        }
    }
}
