package dev.hosta.cli;

import dev.hosta.script.ReportFormat;
import dev.hosta.script.ScriptReport;
import dev.hosta.script.StepResult;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the report of a script goes.
 *
 * @param format how it is written
 * @param file where to; standard output where empty, standard error for the lines of live steps
 */
record Reporting(ReportFormat format, Optional<Path> file) {
    /** Whether standard output is the report's. */
    boolean isOnStdout() {
        return file.isEmpty() && format != ReportFormat.LIVE;
    }

    /** A step is over. */
    void stepped(StepResult step) {
        if (format == ReportFormat.LIVE && file.isEmpty()) {
            Failure.print(ReportFormat.line(step));
        }
    }

    /** All is over. */
    void write(ScriptReport report) {
        if (isOnStdout() || file.isPresent()) {
            write(format.write(report));
        }
    }

    /** All is over, and was put together to this. */
    void write(String text) {
        if (isOnStdout()) {
            System.out.print(text);
            System.out.flush();
        }
        if (file.isPresent()) {
            try {
                Files.writeString(file.get(), text);
            } catch (IOException e) {
                Failure.print("Cannot write the report to " + e.getMessage() + ".");
            }
        }
    }
}
