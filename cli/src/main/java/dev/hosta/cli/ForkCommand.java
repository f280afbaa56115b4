package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.snapshot.Overrides;
import dev.hosta.snapshot.RestoreOptions;
import dev.hosta.snapshot.SavedForm;
import dev.hosta.snapshot.SavedMachine;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code hosta fork NAME --name NEW}: becomes the VMM of a second VM that begins as the first one
 * stands, and shares its memory until one of them writes it.
 */
final class ForkCommand implements Command {
    /** Others may fork the same VM, each for its time. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final WarmUp warmUp = new WarmUp();

    @Override
    public void prepare() {
        warmUp.start();
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta fork");
        spec.usageMessage()
                .description("Makes a second VM of one that runs; both go on from there.")
                .footer(
                        "",
                        "A disk that is written is copied to FILE.NEW beside it, where its file"
                                + " system",
                        "can share blocks; otherwise give another file with --disk. Networks get",
                        "other addresses, which the guest uses once it sets its card up anew, and",
                        "publish no ports but those of --net.");
        VmName.addTo(spec);
        spec.addOption(
                OptionSpec.builder("--name")
                        .paramLabel("NEW")
                        .type(String.class)
                        .required(true)
                        .converters(RunOptions.checked(MachineSpec::requireName))
                        .description("Name of the new VM.")
                        .build());
        ResumeOptions.addTo(spec);
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        if (parsed.hasMatchedOption("--detach")) {
            return DetachedRun.start(parsed);
        }
        PidFile.ownPid();
        String name = VmName.of(parsed);
        Overrides overrides = ResumeOptions.overrides(parsed, true);
        warmUp.await();
        try (Fork fork = Fork.of(name, overrides)) {
            fork.copies.forEach(copy -> Failure.print("A copy of a disk is made: " + copy + "."));
            SavedMachine saved = SavedForm.read(fork.folder());
            RunRequest request = ResumeOptions.request(parsed, saved.specWith(overrides));
            tellOfPorts(name, saved.spec().nets(), overrides);
            MachineMaking making =
                    (console, terminal) -> fork.make(saved, overrides, console, terminal);
            return new Session(request, ResumeOptions.making(parsed, making)).run();
        }
    }

    private static void tellOfPorts(String name, List<NetSpec> nets, Overrides overrides) {
        for (NetSpec net : nets) {
            boolean published =
                    net.carrier() instanceof NetSpec.Carrier.User user && !user.publish().isEmpty();
            if (published && !overrides.nets().containsKey(net.id())) {
                Failure.print(
                        "The published ports of '"
                                + net.id()
                                + "' stay with '"
                                + name
                                + "'. --net "
                                + net.id()
                                + "=user,publish=… gives others.");
            }
        }
    }

    @Override
    public int failureStatus(Throwable e) {
        return ResumeCommand.statusOf(e);
    }

    /** The first VM's frozen memory, for as long as the second is made of it. */
    private static final class Fork implements AutoCloseable {
        private final ControlClient parent;
        private final String url;
        private final List<?> copies;
        private boolean released;

        private Fork(ControlClient parent, String url, List<?> copies) {
            this.parent = parent;
            this.url = url;
            this.copies = copies;
        }

        static Fork of(String name, Overrides overrides) {
            ControlClient parent = ControlClient.connect(name, PATIENCE);
            try {
                Map<String, Object> body =
                        Map.of(
                                "replaced_disks",
                                List.copyOf(overrides.disks().keySet()),
                                "name",
                                overrides.name().orElseThrow());
                Map<?, ?> answer = parent.ask("vm.fork", Json.write(body));
                return new Fork(
                        parent,
                        String.valueOf(answer.get("source_url")),
                        answer.get("copied_disks") instanceof List<?> copies ? copies : List.of());
            } catch (ControlException e) {
                parent.close();
                throw e;
            }
        }

        Path folder() {
            return Path.of(URI.create(url));
        }

        VirtualMachine make(
                SavedMachine saved,
                Overrides overrides,
                ConsoleOutput console,
                Optional<StdioPort> terminal) {
            VirtualMachine machine =
                    saved.restore(overrides, console, terminal, RestoreOptions.CHECKED);
            release(true);
            return machine;
        }

        private void release(boolean made) {
            if (!released) {
                released = true;
                try (parent) {
                    parent.put("vm.fork-done", Json.write(Map.of("source_url", url, "made", made)));
                } catch (ControlException e) {
                    // The first VM ended meanwhile, and with it what there was to let go of.
                    return;
                }
            }
        }

        @Override
        public void close() {
            release(false);
        }
    }
}
