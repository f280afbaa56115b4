package dev.hosta.cli;

import java.util.List;
import java.util.Optional;

/** All subcommands by name. */
final class Commands {
    /** Names in the order of the help. */
    static final List<String> NAMES =
            List.of(
                    "run",
                    "ps",
                    "console",
                    "pause",
                    "unpause",
                    "stop",
                    "suspend",
                    "snapshot",
                    "resume",
                    "fork",
                    "nmi",
                    "dump",
                    "receive",
                    "migrate",
                    "inspect",
                    "translate",
                    "vmm",
                    "completion",
                    "doctor");

    private Commands() {}

    /** The command of that name. */
    static Optional<Command> find(String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "run" -> new RunCommand();
                    case "ps" -> new PsCommand();
                    case "console" -> new ConsoleCommand();
                    case "pause" -> new PauseCommand(true);
                    case "unpause" -> new PauseCommand(false);
                    case "stop" -> new StopCommand();
                    case "suspend" -> new SaveCommand(SaveCommand.Form.SUSPEND);
                    case "snapshot" -> new SaveCommand(SaveCommand.Form.SNAPSHOT);
                    case "resume" -> new ResumeCommand();
                    case "fork" -> new ForkCommand();
                    case "nmi" -> new NmiCommand();
                    case "dump" -> new SaveCommand(SaveCommand.Form.DUMP);
                    case "receive" -> new ReceiveCommand();
                    case "migrate" -> new MigrateCommand();
                    case "inspect" -> new InspectCommand();
                    case "translate" -> new TranslateCommand();
                    case "vmm" -> new VmmCommand();
                    case "completion" -> new CompletionCommand();
                    case "doctor" -> new DoctorCommand();
                    default -> null;
                });
    }
}
