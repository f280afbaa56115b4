package dev.hosta.cli;

import dev.hosta.machine.MachineSpec;
import dev.hosta.script.Matrix;
import dev.hosta.script.MatrixReport;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * One run of a matrix, and what came of it.
 *
 * <p>Threading: one thread; {@link #stop} by any.
 */
final class MatrixCell {
    private final Matrix.Cell cell;
    private final MachineSpec machine;
    private final Path files;
    private Process process;
    private long beginNanos;
    private double seconds;
    private int status;
    private List<String> messages = List.of();
    private String report = "";

    /**
     * Nothing runs yet.
     *
     * @param machine that it needs
     * @param files the beginning of its files' names
     */
    MatrixCell(Matrix.Cell cell, MachineSpec machine, Path files) {
        this.cell = cell;
        this.machine = machine;
        this.files = files;
    }

    Matrix.Cell cell() {
        return cell;
    }

    MachineSpec machine() {
        return machine;
    }

    /** Where its process writes its report. */
    Path report() {
        return Path.of(files + ".report");
    }

    private File said() {
        return new File(files + ".err");
    }

    /** Starts its process. */
    void start(List<String> command) throws IOException {
        beginNanos = System.nanoTime();
        process =
                new ProcessBuilder(command)
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(said())
                        .start();
    }

    /** Done once its process has ended. */
    CompletableFuture<Process> end() {
        return process.onExit();
    }

    /** Takes in what its process left behind. */
    void ended() throws IOException {
        seconds = (System.nanoTime() - beginNanos) / 1e9;
        status = process.exitValue();
        messages = Files.readAllLines(said().toPath());
        report = Files.exists(report()) ? Files.readString(report()) : "";
    }

    /** Ends its process. */
    void stop() {
        process.destroy();
    }

    int status() {
        return status;
    }

    double seconds() {
        return seconds;
    }

    /** What its process said on standard error. */
    Stream<String> messages() {
        return messages.stream();
    }

    /** Why it failed, in a line; empty where it did not. */
    String why() {
        return messages()
                .findFirst()
                .map(line -> line.replaceFirst("^hosta: ", ""))
                .orElse(status == 0 ? "" : "The guest ended with status " + status + ".");
    }

    /** That it is over. */
    String line() {
        String how = status == 0 ? "ok" : "not ok, status " + status;
        String line = String.format(Locale.ROOT, "%s - %s (%.1f s)", how, cell.title(), seconds);
        return why().isEmpty() ? line : line + ": " + why();
    }

    /** It as part of a report of all. */
    MatrixReport.Part part() {
        return new MatrixReport.Part(cell.title(), status, seconds, why(), report);
    }
}
