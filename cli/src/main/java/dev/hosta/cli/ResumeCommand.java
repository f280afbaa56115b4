package dev.hosta.cli;

import dev.hosta.linux.PidFile;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.snapshot.ClockChoice;
import dev.hosta.snapshot.Overrides;
import dev.hosta.snapshot.RestoreOptions;
import dev.hosta.snapshot.SavedForm;
import dev.hosta.snapshot.SavedFormException;
import dev.hosta.snapshot.SavedMachine;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code hosta resume DIR}: becomes the VMM of a VM that was saved, from where it stood. */
final class ResumeCommand implements Command {
    private static final String PREFAULT = "--prefault";
    private static final String CLOCK = "--clock";

    private final WarmUp warmUp = new WarmUp();

    @Override
    public void prepare() {
        warmUp.start();
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta resume");
        spec.usageMessage()
                .description("Lets a VM go on that was suspended or snapshotted to a folder.")
                .footer(
                        "",
                        "The folder is read while the guest runs, page by page; saving over it, or",
                        "deleting it, is safe. Exit status: as of run once the guest runs; 4 for a",
                        "folder that is damaged, 5 for one that cannot go on here, else 1.");
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("0")
                        .arity("1")
                        .paramLabel("DIR")
                        .type(String.class)
                        .description("What suspend or snapshot wrote.")
                        .build());
        RunOptions.option(
                spec,
                "--name",
                "NAME",
                MachineSpec::requireName,
                "Name of the VM (default: as it was).");
        ResumeOptions.addTo(spec);
        ResumeOptions.flag(spec, PREFAULT, "Load all of its memory first.");
        RunOptions.option(
                spec,
                CLOCK,
                "stopped|host",
                ResumeCommand::clock,
                "What kvmclock shows: no time passed (default), or the time that it is.");
        spec.addOption(HelpOption.spec());
        return spec;
    }

    private static ClockChoice clock(String text) {
        return switch (text) {
            case "stopped" -> ClockChoice.STOPPED;
            case "host" -> ClockChoice.HOST;
            default -> throw new SpecException("A clock is stopped or host: '" + text + "'.");
        };
    }

    @Override
    public int run(ParseResult parsed) {
        if (parsed.hasMatchedOption("--detach")) {
            return DetachedRun.start(parsed);
        }
        // Loads the native library beside the warm-up.
        PidFile.ownPid();
        Overrides overrides = ResumeOptions.overrides(parsed, false);
        SavedMachine saved =
                SavedForm.read(RunOptions.absolute(parsed.matchedPositionalValue(0, "")));
        RunRequest request = ResumeOptions.request(parsed, saved.specWith(overrides));
        RestoreOptions options =
                new RestoreOptions(
                        parsed.hasMatchedOption(PREFAULT),
                        false,
                        RunOptions.value(parsed, CLOCK, ResumeCommand::clock)
                                .orElse(ClockChoice.STOPPED));
        warmUp.await();
        MachineMaking making =
                (console, terminal) -> saved.restore(overrides, console, terminal, options);
        return new Session(request, ResumeOptions.making(parsed, making)).run();
    }

    @Override
    public int failureStatus(Throwable e) {
        return statusOf(e);
    }

    /** Status for what hinders a saved machine. */
    static int statusOf(Throwable e) {
        return switch (e) {
            case SavedFormException.Corrupt corrupt -> ExitStatus.BAD_SPEC;
            case SavedFormException other -> ExitStatus.INCOMPATIBLE;
            case SpecException spec -> ExitStatus.BAD_SPEC;
            default -> ExitStatus.FAILED;
        };
    }
}
