package dev.hosta.cli;

import dev.hosta.linux.PidFile;
import dev.hosta.machine.SpecException;
import dev.hosta.script.Matrix;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.util.Optional;

/** {@code hosta run}: the VMM process itself, from its options to the guest's end. */
final class RunCommand implements Command {
    private final WarmUp warmUp = new WarmUp();

    @Override
    public void prepare() {
        warmUp.start();
    }

    @Override
    public CommandSpec spec() {
        return RunOptions.spec();
    }

    @Override
    public int run(ParseResult parsed) {
        if (parsed.hasMatchedOption("--list")) {
            BuiltInGuests.list().forEach(System.out::println);
            return ExitStatus.OK;
        }
        Optional<Matrix> matrix = ScriptOptions.matrix(parsed);
        if (matrix.isPresent()) {
            return new MatrixRun(parsed, matrix.get()).run();
        }
        if (parsed.hasMatchedOption("--detach")) {
            return DetachedRun.start(parsed);
        }
        if (parsed.hasMatchedOption("--wait-for")) {
            throw new SpecException("--wait-for goes with --detach.");
        }
        // Loads the native library, which every run needs, beside the warm-up.
        PidFile.ownPid();
        RunRequest request = RunOptions.read(parsed);
        warmUp.await();
        return new Session(request).run();
    }

    @Override
    public int usageStatus() {
        return ExitStatus.NOT_RUN;
    }

    @Override
    public int failureStatus(Throwable e) {
        return ExitStatus.NOT_RUN;
    }
}
