package dev.hosta.cli;

import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.script.Matrix;
import dev.hosta.script.MatrixReport;
import dev.hosta.script.ReportFormat;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * All runs of a script that has a matrix, side by side: each a process of its own, as many at a
 * time as the budget has room for.
 *
 * <p>Threading: one thread; a shutdown hook ends the processes where this one is ended.
 */
final class MatrixRun {
    private static final Set<String> OWN_OPTIONS =
            Set.of(
                    ScriptOptions.REPORT,
                    ScriptOptions.REPORT_FORMAT,
                    ScriptOptions.TAP,
                    WatchOptions.CONSOLE_LOG,
                    "--console",
                    "--name");
    private static final List<String> NOT_HERE = List.of("--detach", "--console", "--hvc");

    private final ParseResult parsed;
    private final Matrix matrix;
    private final String script;
    private final Optional<Reporting> reporting;
    private final List<MatrixCell> waiting = new ArrayList<>();
    private final List<MatrixCell> running = new ArrayList<>();
    private final List<MatrixCell> all = new ArrayList<>();
    private final MatrixBudget budget;

    /** Nothing runs yet. */
    MatrixRun(ParseResult parsed, Matrix matrix) {
        this.parsed = parsed;
        this.matrix = matrix;
        this.script = parsed.matchedOptionValue("--script", "");
        this.reporting = ScriptOptions.reporting(parsed);
        this.budget = MatrixBudget.of(matrix);
    }

    /**
     * Runs all of them.
     *
     * @return 0 where all of them gave that, else the highest status
     * @throws SpecException where one of them cannot run, before any does
     */
    int run() {
        for (String option : NOT_HERE) {
            if (parsed.hasMatchedOption(option)) {
                throw new SpecException("A script with a matrix takes no " + option + ".");
            }
        }
        long begin = System.nanoTime();
        try {
            Path folder = Files.createTempDirectory("hosta-matrix-");
            try {
                matrix.cells().forEach(cell -> waiting.add(cell(cell, folder)));
                all.addAll(waiting);
                Runtime.getRuntime().addShutdownHook(new Thread(this::endAll, "end-all"));
                runAll();
            } finally {
                endAll();
                deleteAll(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run a matrix", e);
        }
        return tell((System.nanoTime() - begin) / 1e9);
    }

    /** One run, whose command line is read as its own process will. */
    private MatrixCell cell(Matrix.Cell cell, Path folder) {
        List<String> words = new ArrayList<>(List.of(ScriptOptions.CELL, "" + cell.number()));
        words.addAll(parsed.originalArgs());
        MachineSpec machine;
        try {
            machine =
                    RunOptions.read(
                                    new CommandLine(RunOptions.spec())
                                            .parseArgs(words.toArray(String[]::new)))
                            .machine();
        } catch (ParameterException e) {
            throw new SpecException(e.getMessage(), e);
        }
        budget.requireRoom(cell, machine);
        return new MatrixCell(cell, machine, folder.resolve("" + cell.number()));
    }

    private void runAll() throws IOException {
        while (!waiting.isEmpty() || !running.isEmpty()) {
            for (MatrixCell cell : List.copyOf(waiting)) {
                if (budget.take(cell.machine())) {
                    waiting.remove(cell);
                    start(cell);
                }
            }
            CompletableFuture.anyOf(
                            running.stream().map(MatrixCell::end).toArray(CompletableFuture[]::new))
                    .join();
            for (MatrixCell cell : List.copyOf(running)) {
                if (cell.end().isDone()) {
                    running.remove(cell);
                    budget.give(cell.machine());
                    cell.ended();
                    Failure.print(cell.line());
                    cell.messages().skip(1).forEach(System.err::println);
                }
            }
        }
    }

    private synchronized void start(MatrixCell cell) throws IOException {
        List<String> command = OwnProcess.program();
        command.addAll(List.of("run", ScriptOptions.CELL, "" + cell.cell().number()));
        command.addAll(List.of("--console", "none"));
        ReportFormat format = format();
        command.addAll(
                List.of(
                        ScriptOptions.REPORT_FORMAT,
                        format.name().toLowerCase(Locale.ROOT),
                        ScriptOptions.REPORT,
                        cell.report().toString()));
        String own = cell.cell().fileName();
        RunOptions.value(parsed, "--name", MachineSpec::requireName)
                .ifPresent(name -> command.addAll(List.of("--name", name + "-" + own)));
        RunOptions.value(parsed, WatchOptions.CONSOLE_LOG, RunOptions::path)
                .ifPresent(
                        log -> command.addAll(List.of(WatchOptions.CONSOLE_LOG, log + "." + own)));
        command.addAll(withoutOwnOptions(parsed.originalArgs()));
        cell.start(command);
        running.add(cell);
    }

    /** The format of the parts, which the whole is put together from. */
    private ReportFormat format() {
        return reporting.map(Reporting::format).orElse(ReportFormat.LIVE);
    }

    private static List<String> withoutOwnOptions(List<String> words) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String option = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
            if (!OWN_OPTIONS.contains(option)) {
                kept.add(word);
            } else if (!word.contains("=") && !option.equals(ScriptOptions.TAP)) {
                i++;
            }
        }
        return kept;
    }

    private int tell(double seconds) {
        int status = all.stream().mapToInt(MatrixCell::status).max().orElse(ExitStatus.OK);
        String table = new MatrixTable(matrix, all).text(seconds, budget.most());
        boolean beside = reporting.isPresent() && reporting.get().isOnStdout();
        (beside ? System.err : System.out).print(table);
        reporting.ifPresent(
                to ->
                        to.write(
                                new MatrixReport(
                                                script,
                                                status,
                                                all.stream().map(MatrixCell::part).toList())
                                        .write(to.format())));
        return status;
    }

    private synchronized void endAll() {
        running.forEach(MatrixCell::stop);
    }

    private static void deleteAll(Path folder) {
        File[] files = folder.toFile().listFiles();
        for (File file : files == null ? new File[0] : files) {
            file.delete();
        }
        folder.toFile().delete();
    }
}
