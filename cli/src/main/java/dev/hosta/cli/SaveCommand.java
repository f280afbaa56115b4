package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code hosta suspend NAME}, {@code hosta snapshot NAME} and {@code hosta dump NAME}: has a VM
 * written to a folder or a file, shows how far that is, and takes it back on Ctrl-C.
 *
 * <p>Threading: the save is asked for by a thread of its own, while this one looks how far it is.
 */
final class SaveCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int LOOK_MILLIS = 200;
    private static final String COPY_DISKS = "--copy-disks";
    private static final String NO_DISKS = "--no-disks";
    private static final int LEAVE_WITHIN_SECONDS = 10;

    /** What a VM is written as. */
    enum Form {
        /** A folder to resume from; the VM ends. */
        SUSPEND(
                "Saves a VM to a folder and ends it; resume goes on from there.",
                "The folder is made, or replaced if it is an earlier save.",
                "DIR"),
        /** A folder to resume from; the VM runs on. */
        SNAPSHOT(
                "Saves a VM to a folder; its guest runs on.",
                "The folder is made, or replaced if it is an earlier save.",
                "DIR"),
        /** A core file; the VM runs on. */
        DUMP(
                "Writes a VM's memory and registers to an ELF core file; its guest runs on.",
                "gdb and crash read it; with huge pages the guest stands still meanwhile.",
                "FILE");

        private final String description;
        private final String note;
        private final String label;

        Form(String description, String note, String label) {
            this.description = description;
            this.note = note;
            this.label = label;
        }
    }

    private final Form form;
    private final CompletableFuture<Map<?, ?>> save = new CompletableFuture<>();
    private volatile boolean interrupted;

    /** One of the three. */
    SaveCommand(Form form) {
        this.form = form;
    }

    @Override
    public CommandSpec spec() {
        String name = form.name().toLowerCase(Locale.ROOT);
        CommandSpec spec = CommandSpec.create().name("hosta " + name);
        spec.usageMessage()
                .description(form.description)
                .footer("", form.note, "Ctrl-C takes all of it back, and the guest runs on.");
        VmName.addTo(spec);
        spec.addOption(
                OptionSpec.builder("--to")
                        .paramLabel(form.label)
                        .type(String.class)
                        .required(true)
                        .description(
                                "Where to; not there yet, or an earlier "
                                        + (form == Form.DUMP ? "file." : "save."))
                        .build());
        if (form == Form.SNAPSHOT) {
            ResumeOptions.flag(
                    spec,
                    COPY_DISKS,
                    "Copy disks in full where they cannot share blocks; the guest stands still.");
            ResumeOptions.flag(
                    spec, NO_DISKS, "Copy no disk; a resume is refused once they were written.");
        }
        spec.addOption(
                OptionSpec.builder("--json")
                        .type(boolean.class)
                        .description("Print each step as a line of JSON.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        String name = VmName.of(parsed);
        Path folder = RunOptions.absolute(parsed.matchedOptionValue("--to", ""));
        String disks = form == Form.SNAPSHOT ? copying(parsed) : "";
        SaveDisplay display = SaveDisplay.of(parsed.hasMatchedOption("--json"));
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            Thread thread = new Thread(() -> ask(name, folder, disks), "save");
            thread.setDaemon(true);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> takeBack(name), "take-back"));
            thread.start();
            Map<?, ?> report = await(vm, display);
            display.done(name, report);
            return ExitStatus.OK;
        } catch (ControlException e) {
            display.failed(e.getMessage());
            if (interrupted) {
                Failure.print(e.getMessage());
                return ExitStatus.INTERRUPTED;
            }
            throw e;
        }
    }

    /** What is to become of writable disks, as the API names it. */
    private static String copying(ParseResult parsed) {
        if (parsed.hasMatchedOption(NO_DISKS)) {
            if (parsed.hasMatchedOption(COPY_DISKS)) {
                throw new SpecException(COPY_DISKS + " and " + NO_DISKS + " exclude each other.");
            }
            return "none";
        }
        return parsed.hasMatchedOption(COPY_DISKS) ? "full" : "reflink";
    }

    private void ask(String name, Path folder, String disks) {
        try (ControlClient vm = ControlClient.connect(name, Duration.ZERO)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("destination_url", url(folder));
            if (!disks.isEmpty()) {
                fields.put("copy_disks", disks);
            }
            String body = Json.write(fields);
            switch (form) {
                case SUSPEND -> save.complete(vm.ask("vm.suspend", body));
                case SNAPSHOT -> answer(vm, "vm.snapshot", body);
                case DUMP -> answer(vm, "vm.coredump", body);
            }
        } catch (ControlException | LinuxException e) {
            save.completeExceptionally(e);
        }
    }

    private void answer(ControlClient vm, String call, String body) {
        vm.put(call, body);
        save.complete(vm.get("vm.progress"));
    }

    static String url(Path folder) {
        try {
            return new URI("file", "", folder.toString(), null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<?, ?> await(ControlClient vm, SaveDisplay display) {
        while (true) {
            try {
                return save.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
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

    private void look(ControlClient vm, SaveDisplay display) {
        try {
            Map<?, ?> progress = vm.get("vm.progress");
            if ("running".equals(progress.get("state"))) {
                display.show(progress);
            }
        } catch (ControlException e) {
            // It ends just now; the save itself says how that went.
            return;
        }
    }

    /** Ctrl-C: the save is taken back, and the process lives until that is done. */
    private void takeBack(String name) {
        interrupted = true;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEAVE_WITHIN_SECONDS);
        while (!save.isDone() && System.nanoTime() < end) {
            try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
                // More than once: the first may come before the save has begun.
                vm.put("vm.cancel", "");
                save.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ControlException | LinuxException | ExecutionException e) {
                break;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        awaitLastWord();
    }

    /** The other thread says how it went, and ends the process at that. */
    private static void awaitLastWord() {
        try {
            new CountDownLatch(1).await(LEAVE_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
