package dev.hosta.cli;

import dev.hosta.linux.PidFile;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.script.Escapes;
import dev.hosta.script.Matrix;
import dev.hosta.script.Place;
import dev.hosta.script.ReportFormat;
import dev.hosta.script.Script;
import dev.hosta.script.ScriptException;
import dev.hosta.script.ScriptReader;
import dev.hosta.script.Step;
import dev.hosta.script.StepException;
import dev.hosta.script.Template;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The options of {@code hosta run} that talk to the guest, and the script that they add up to. */
final class ScriptOptions {
    private static final String EXPECT = "--expect";
    private static final String SEND = "--send";
    private static final String EXEC = "--exec";
    private static final String EXPECT_TIMEOUT = "--expect-timeout";
    private static final String SCRIPT = "--script";

    /** Of the processes that a matrix starts. */
    static final String CELL = "--matrix-cell";

    static final String REPORT = "--report";
    static final String REPORT_FORMAT = "--report-format";
    static final String TAP = "--tap";

    private static final Duration FOR_EVER = Duration.ofDays(365);

    /**
     * One word for the guest, or of it.
     *
     * @param order among all of the command line
     * @param option that it stands behind
     */
    private record Talk(int order, String option, String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    private ScriptOptions() {}

    static void addTo(CommandSpec spec) {
        AtomicInteger order = new AtomicInteger();
        add(
                spec,
                EXPECT,
                "REGEX",
                order,
                regex -> expect(regex).regex().text(),
                "Wait until the serial console shows REGEX; repeatable, in order with --send. When"
                        + " the last one is seen the guest is ended, with status 0; else 122.");
        add(
                spec,
                SEND,
                "TEXT",
                order,
                Escapes::read,
                "Type TEXT on the serial console; \\n is Enter. Repeatable, in order with"
                        + " --expect. When it is the last, the guest's own end is awaited.");
        add(
                spec,
                EXEC,
                "COMMAND",
                order,
                UnaryOperator.identity(),
                "Run COMMAND by the shell of a Linux guest's initramfs, in place of its init; the"
                        + " status is the command's. Repeatable, up to the first that fails.");
        AgentOptions.addTo(spec);
        RunOptions.option(
                spec,
                EXPECT_TIMEOUT,
                "TIME",
                TimeText::parse,
                "How long each --expect waits (default 60s).");
        RunOptions.option(
                spec,
                SCRIPT,
                "FILE",
                RunOptions::path,
                "Take the steps of a YAML file, which may also say what runs.");
        spec.addOption(
                OptionSpec.builder(CELL)
                        .paramLabel("N")
                        .type(String.class)
                        .hidden(true)
                        .description("Which run of the script's matrix this is.")
                        .build());
        RunOptions.option(
                spec,
                REPORT_FORMAT,
                "live|tap|junit|json",
                ScriptOptions::format,
                "Report the steps: a line for each as it is over, or all at the end.");
        RunOptions.option(
                spec,
                REPORT,
                "FILE",
                RunOptions::path,
                "Where the report goes (default: standard output, which the console then leaves).");
        spec.addOption(
                OptionSpec.builder(TAP)
                        .type(boolean.class)
                        .description("The same as --report-format tap.")
                        .build());
    }

    private static void add(
            CommandSpec spec,
            String option,
            String label,
            AtomicInteger order,
            UnaryOperator<String> check,
            String description) {
        spec.addOption(
                OptionSpec.builder(option)
                        .paramLabel(label)
                        .type(List.class)
                        .auxiliaryTypes(Talk.class)
                        .arity("1")
                        .converters(
                                text -> {
                                    try {
                                        check.apply(text);
                                    } catch (StepException e) {
                                        throw new TypeConversionException(e.getMessage());
                                    }
                                    return new Talk(order.getAndIncrement(), option, text);
                                })
                        .description(description)
                        .build());
    }

    private static ReportFormat format(String text) {
        try {
            return ReportFormat.parse(text);
        } catch (StepException e) {
            throw new SpecException(e.getMessage(), e);
        }
    }

    static Optional<Reporting> reporting(ParseResult parsed) {
        boolean tap = parsed.hasMatchedOption(TAP);
        Optional<Path> file = RunOptions.value(parsed, REPORT, RunOptions::path);
        if (!tap && file.isEmpty() && !parsed.hasMatchedOption(REPORT_FORMAT)) {
            return Optional.empty();
        }
        ReportFormat format =
                RunOptions.value(parsed, REPORT_FORMAT, ScriptOptions::format)
                        .orElse(ReportFormat.TAP);
        if (tap && format != ReportFormat.TAP) {
            throw new SpecException("--tap and --report-format are two formats: leave one out.");
        }
        return Optional.of(new Reporting(format, file));
    }

    private static Step.Expect expect(String regex) {
        // No captures on a command line: a dollar sign before a brace is a regex's own.
        Step.Expect expect = new Step.Expect(new Template(regex.replace("${", "$${")));
        expect.pattern(Map.of());
        return expect;
    }

    /**
     * The command line with what the script says of the guest before the rest.
     *
     * @throws ScriptException where the script says what is no command line
     */
    static ParseResult withGuestOf(ParseResult parsed, Optional<Watching.Named> script) {
        Optional<Script.Guest> guest = script.flatMap(named -> named.script().guest());
        if (guest.isEmpty()) {
            return parsed;
        }
        boolean twice =
                guest.get() instanceof Script.Machine && parsed.hasMatchedOption("--config");
        if (twice || parsed.hasMatchedPositional(0)) {
            throw new SpecException(
                    "Both the command line and " + guest.get().place() + " name a guest.");
        }
        if (!(guest.get() instanceof Script.Words(Place place, List<String> own))) {
            return parsed;
        }
        List<String> words = new ArrayList<>(parsed.originalArgs());
        // Behind the words of the script, so that the command line has the last one.
        words.addAll(0, own);
        try {
            return new CommandLine(RunOptions.spec())
                    .setOverwrittenOptionsAllowed(true)
                    .parseArgs(words.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new ScriptException(place + ": " + e.getMessage() + ".", e);
        }
    }

    /** The machine that the script describes, if it does. */
    static Optional<MachineSpec> machine(Optional<Watching.Named> script) {
        return script.flatMap(named -> named.script().guest())
                .flatMap(
                        guest ->
                                guest instanceof Script.Machine(Place place, MachineSpec spec)
                                        ? Optional.of(spec)
                                        : Optional.empty());
    }

    /** The runs that the script asks for, unless this process is one of them. */
    static Optional<Matrix> matrix(ParseResult parsed) {
        return parsed.hasMatchedOption(SCRIPT) && !parsed.hasMatchedOption(CELL)
                ? ScriptReader.matrix(RunOptions.path(parsed.matchedOptionValue(SCRIPT, "")))
                : Optional.empty();
    }

    private static Watching.Named file(ParseResult parsed) {
        String file = parsed.matchedOptionValue(SCRIPT, "");
        OptionalInt cell =
                parsed.hasMatchedOption(CELL)
                        ? OptionalInt.of(Integer.parseInt(parsed.matchedOptionValue(CELL, "")))
                        : OptionalInt.empty();
        Script script = ScriptReader.read(RunOptions.path(file), "vm-" + PidFile.ownPid(), cell);
        String run = script.cell().map(at -> " [" + at.title() + "]").orElse("");
        return new Watching.Named(file + run, script, reporting(parsed));
    }

    /** The console's place, which leaves standard output to a report that goes there. */
    static ConsoleChoice besideReport(
            ParseResult parsed, Optional<Watching.Named> script, ConsoleChoice console) {
        boolean both = script.isPresent() && script.get().isOnStdout();
        boolean commands = script.isPresent() && script.get().script().isForCommands();
        if (commands && !parsed.hasMatchedOption("--console")) {
            return new ConsoleChoice.None();
        }
        if (!both || !(console instanceof ConsoleChoice.Stdio)) {
            return console;
        }
        if (parsed.hasMatchedOption("--console")) {
            throw new SpecException(
                    "The report and the console cannot both be on standard output: give --report"
                            + " FILE, or --console another place.");
        }
        return new ConsoleChoice.None();
    }

    /**
     * What is to be done with the guest, if anything.
     *
     * @throws SpecException where two options contradict one another
     * @throws ScriptException where the file is no script
     */
    static Optional<Watching.Named> read(ParseResult parsed) {
        List<Talk> talks = new ArrayList<>(parsed.matchedOptionValue(EXPECT, List.of()));
        talks.addAll(parsed.matchedOptionValue(SEND, List.of()));
        talks.addAll(parsed.matchedOptionValue(EXEC, List.of()));
        if (parsed.hasMatchedOption(SCRIPT)) {
            if (!talks.isEmpty()) {
                throw new SpecException(
                        "--script stands for --expect, --send and --exec: leave them out.");
            }
            return Optional.of(file(parsed));
        }
        if (talks.isEmpty()) {
            if (reporting(parsed).isPresent()) {
                throw new SpecException("There is nothing to report: give --script or --expect.");
            }
            return Optional.empty();
        }
        Duration timeout =
                RunOptions.value(parsed, EXPECT_TIMEOUT, TimeText::parse)
                        .orElse(Step.DEFAULT_TIMEOUT);
        talks.sort(Comparator.comparingInt(Talk::order));
        List<Step> steps = new ArrayList<>();
        for (Talk talk : talks) {
            boolean exec = talk.option().equals(EXEC);
            Template text = new Template(talk.text().replace("${", "$${"));
            Step.Action action =
                    talk.option().equals(EXPECT)
                            ? expect(talk.text())
                            : exec ? new Step.Exec(text) : new Step.Send(text);
            // A command takes its time; --timeout limits the run.
            Duration limit = exec ? FOR_EVER : timeout;
            steps.add(new Step(new Place("Command line"), action, limit));
        }
        return Optional.of(new Watching.Named("command line", Script.of(steps), reporting(parsed)));
    }
}
