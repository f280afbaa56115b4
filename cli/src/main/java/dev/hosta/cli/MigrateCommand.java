package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code hosta migrate NAME HOST:PORT}: sends a running VM to where {@code receive} waits, shows
 * how far that is, and cancels it on Ctrl-C.
 *
 * <p>Threading: the migration is asked for by a thread of its own, while this one looks how far it
 * is.
 */
final class MigrateCommand implements Command {
    static final int OUTCOME_UNKNOWN = 504;
    private static final int NOT_MIGRATED = 502;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(5);
    private static final int LOOK_MILLIS = 200;
    private static final int LEAVE_WITHIN_SECONDS = 40;

    private final CompletableFuture<Map<?, ?>> migration = new CompletableFuture<>();
    private volatile boolean interrupted;

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta migrate");
        spec.usageMessage()
                .description("Moves a running VM to where 'hosta receive' waits for it.")
                .footer(
                        "",
                        "Ctrl-C ends it; the VM stays here, unless it was handed over by then.",
                        "Exit status: 6 where it failed and the VM is here as it was, 7 where the",
                        "VM may run over there and stays paused here.");
        MigrateOptions.addTo(spec);
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        if (ResolveMigration.isAskedFor(parsed)) {
            return ResolveMigration.run(parsed, VmName.of(parsed));
        }
        String name = VmName.of(parsed);
        if (parsed.hasMatchedOption(MigrateOptions.CANCEL)) {
            return cancel(name);
        }
        String body = Json.write(MigrateOptions.body(parsed));
        Optional<Path> page = MigrateOptions.report(parsed);
        page.ifPresent(MigrateCommand::requireWritable);
        MigrateDisplay display =
                MigrateDisplay.of(name, parsed.hasMatchedOption(MigrateOptions.JSON));
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            Thread thread = new Thread(() -> ask(name, body), "migrate");
            thread.setDaemon(true);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> takeBack(name), "take-back"));
            thread.start();
            Map<?, ?> report = await(vm, display);
            display.done(report);
            page.ifPresent(file -> write(file, ReportPage.of(name, report)));
            return ExitStatus.OK;
        } catch (ControlException e) {
            display.failed(e.getMessage());
            if (interrupted && e.status() == NOT_MIGRATED) {
                Failure.print(e.getMessage());
                return ExitStatus.INTERRUPTED;
            }
            throw e;
        }
    }

    private static int cancel(String name) {
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            vm.put("vm.migration-cancel", "");
        }
        return ExitStatus.OK;
    }

    /** Before the guest has gone: afterwards the report could only be lost. */
    private static void requireWritable(Path page) {
        write(page, "");
    }

    private static void write(Path page, String text) {
        try {
            Files.writeString(page, text);
        } catch (IOException e) {
            throw new SpecException("Cannot write " + page + ": " + e.getMessage() + ".", e);
        }
    }

    private void ask(String name, String body) {
        try (ControlClient vm = ControlClient.connect(name, Duration.ZERO)) {
            migration.complete(vm.ask("vm.send-migration", body));
        } catch (ControlException | LinuxException e) {
            migration.completeExceptionally(e);
        }
    }

    private Map<?, ?> await(ControlClient vm, MigrateDisplay display) {
        while (true) {
            try {
                return migration.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                look(vm, display);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof ControlException why
                        ? why
                        : new ControlException(e.getCause().getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ControlException("Interrupted.", e);
            }
        }
    }

    private static void look(ControlClient vm, MigrateDisplay display) {
        try {
            Map<?, ?> progress = vm.get("vm.migration-progress");
            if (!progress.isEmpty()) {
                display.show(progress);
            }
        } catch (ControlException e) {
            // It ends just now; the migration itself says how that went.
            return;
        }
    }

    /** Ctrl-C: the migration is cancelled, and the process lives until that is done. */
    private void takeBack(String name) {
        interrupted = true;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEAVE_WITHIN_SECONDS);
        try {
            do {
                cancelIfItCan(name);
            } while (!isOver() && System.nanoTime() - end < 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        awaitLastWord();
    }

    /** More than once, for the first may come before the migration has begun. */
    private static void cancelIfItCan(String name) {
        try (ControlClient vm = ControlClient.connect(name, LEAVE_PATIENCE)) {
            vm.put("vm.migration-cancel", "");
        } catch (ControlException | LinuxException e) {
            System.getLogger(MigrateCommand.class.getName())
                    .log(System.Logger.Level.DEBUG, "Not cancelled: {0}", e.getMessage());
        }
    }

    /** Waits a little for the migration's end. */
    private boolean isOver() throws InterruptedException {
        try {
            migration.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        }
    }

    /** The other thread says how it went, and ends the process at that. */
    private static void awaitLastWord() {
        try {
            new CountDownLatch(1).await(LEAVE_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int failureStatus(Throwable e) {
        return switch (e) {
            case ControlException c when c.status() == OUTCOME_UNKNOWN ->
                    ExitStatus.MIGRATION_UNKNOWN;
            case ControlException c when c.status() == NOT_MIGRATED -> ExitStatus.NOT_MIGRATED;
            case SpecException spec -> ExitStatus.USAGE;
            default -> ExitStatus.FAILED;
        };
    }
}
