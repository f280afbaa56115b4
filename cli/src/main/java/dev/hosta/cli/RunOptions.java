package dev.hosta.cli;

import dev.hosta.boot.Initramfs;
import dev.hosta.linux.PidFile;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.RngSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.machine.SpecReader;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Stack;
import java.util.function.Function;

/** The options of {@code hosta run}, and the request that they add up to. */
final class RunOptions {
    private static final String RNG = "--rng";
    private static final String VIRTIO_CMDLINE = "--virtio-cmdline";

    /** Of the process that {@code --detach} starts. */
    static final String BACKGROUND = "--background";

    private RunOptions() {}

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta run");
        spec.usageMessage()
                .description("Runs a guest until it ends: a built-in one, or a kernel.")
                .footer(
                        "",
                        "On a terminal: Ctrl-] x ends the guest, Ctrl-] ? shows help.",
                        "Exit status: the guest's own; 0 after a power-off or Ctrl-] x; 122 when a",
                        "step of its script failed; 123 when it stalled; 124 past --timeout; 125",
                        "when Hosta could not run it; 126 when it crashed.");
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("0")
                        .arity("0..1")
                        .paramLabel("GUEST")
                        .type(String.class)
                        .description("A built-in guest; see --list.")
                        .build());
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("1..*")
                        .arity("0..*")
                        .paramLabel("ARG")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .description("Its arguments; behind -- where one starts with a dash.")
                        .build());
        option(
                spec,
                "--kernel",
                "FILE",
                RunOptions::path,
                "Kernel: bzImage, vmlinux, PVH ELF or flat binary.");
        option(spec, "--initrd", "FILE", RunOptions::path, "Initial RAM disk.");
        option(spec, "--append", "TEXT", Function.identity(), "The kernel's command line.");
        option(
                spec,
                "--load-address",
                "GPA",
                BootSpec::parseGpa,
                "Where a flat binary goes and starts, such as 0x100000.");
        option(spec, "--cpus", "N", RunOptions::cpus, "Number of vCPUs, 1 to 255 (default 1).");
        option(
                spec,
                "--memory",
                "SIZE[,hugepages=2M|1G][,prealloc]",
                MemoryText::parse,
                "RAM, such as 2G (default 512M).");
        spec.addOption(
                OptionSpec.builder("--disk")
                        .paramLabel(
                                "PATH[,ro][,format=raw][,cache=MODE][,engine=ENGINE][,rate=SIZE]"
                                        + "[,iops=N][,id=ID]")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        // Not a method reference, which would load the disks' classes each time.
                        .converters(checked(text -> DiskText.parse(text)))
                        .description(
                                "A disk: image file or block device; repeatable. MODE is"
                                        + " writeback (default), writethrough or none, ENGINE"
                                        + " auto (default), threads or io_uring; SIZE and N limit"
                                        + " bytes and requests a second.")
                        .build());
        spec.addOption(
                OptionSpec.builder("--net")
                        .paramLabel(
                                "user[,publish=[ADDR:]PORT:PORT[/udp]]|tap:IF|socket:PATH|none"
                                        + "[,mac=MAC][,mtu=N][,rx-rate=SIZE][,tx-rate=SIZE]"
                                        + "[,id=ID]")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .converters(checked(text -> NetText.parse(text)))
                        .description(
                                "A network: rootless through passt with ports of the host's"
                                        + " published, on a tap interface, or to another guest on"
                                        + " a Unix socket; repeatable.")
                        .build());
        ConsoleOptions.addTo(spec);
        spec.addOption(
                OptionSpec.builder(RNG)
                        .paramLabel("RATE")
                        .type(String.class)
                        .arity("0..1")
                        .preprocessor((rest, command, option, info) -> own(rest, info))
                        .converters(checked(text -> rng(text)))
                        .description(
                                "Random bytes for the guest, at most RATE a second, such as 64K.")
                        .build());
        option(
                spec,
                "--name",
                "NAME",
                MachineSpec::requireName,
                "Name of the VM (default: made up).");
        option(
                spec,
                "--config",
                "FILE",
                RunOptions::path,
                "The machine as JSON; other options go before it.");
        option(
                spec,
                "--timeout",
                "TIME",
                TimeText::parse,
                "End the guest after this time, such as 500ms, 30s, 5m.");
        WatchOptions.addTo(spec);
        flag(
                spec,
                VIRTIO_CMDLINE,
                "Name virtio devices on the command line too, for kernels without ACPI.");
        flag(spec, "-d", "--detach", "Return once the guest runs, and print its name.");
        option(
                spec,
                "--wait-for",
                "REGEX|port:N|status",
                WaitFor::parse,
                "With -d: return once the guest's console shows REGEX, once something listens on"
                        + " this host's TCP port N, or with the guest's own status.");
        spec.addOption(
                OptionSpec.builder(BACKGROUND)
                        .type(boolean.class)
                        .hidden(true)
                        .description("What --detach starts.")
                        .build());
        flag(spec, "--no-reboot", "End with status 0 when the guest resets itself.");
        flag(spec, "--list", "List the built-in guests and exit.");
        spec.addOption(HelpOption.spec());
        return spec;
    }

    /** A rate stands behind {@code =}; what follows {@code --rng} alone is not for it. */
    static boolean own(Stack<String> rest, Map<String, Object> info) {
        if (!"=".equals(info.get("separator"))) {
            rest.push("");
        }
        return false;
    }

    private static void flag(CommandSpec spec, String name, String description) {
        flag(spec, name, name, description);
    }

    private static void flag(CommandSpec spec, String name, String other, String description) {
        OptionSpec.Builder flag =
                name.equals(other) ? OptionSpec.builder(name) : OptionSpec.builder(name, other);
        spec.addOption(flag.type(boolean.class).description(description).build());
    }

    /** The value stays text, and is only checked here: for picocli's sake, which prints it. */
    static void option(
            CommandSpec spec,
            String name,
            String label,
            Function<String, ?> reader,
            String description) {
        spec.addOption(
                OptionSpec.builder(name)
                        .paramLabel(label)
                        .type(String.class)
                        .converters(checked(reader))
                        .description(description)
                        .build());
    }

    static ITypeConverter<String> checked(Function<String, ?> reader) {
        return value -> {
            try {
                reader.apply(value);
                return value;
            } catch (SpecException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    /**
     * What the command line asks for.
     *
     * @throws SpecException where the options do not go together, or name what is not there
     */
    static RunRequest read(ParseResult given) {
        Optional<Watching.Named> script = ScriptOptions.read(given);
        ParseResult parsed = ScriptOptions.withGuestOf(given, script);
        String guest = parsed.matchedPositionalValue(0, "");
        List<String> arguments = parsed.matchedPositionalValue(1, List.of());
        Optional<MachineSpec> base =
                ScriptOptions.machine(script)
                        .or(
                                () ->
                                        value(parsed, "--config", RunOptions::path)
                                                .map(RunOptions::machine));
        BootSpec own = guest.isEmpty() ? image(parsed, base) : builtIn(parsed, guest, arguments);
        String name =
                value(parsed, "--name", MachineSpec::requireName)
                        .or(() -> base.map(MachineSpec::name))
                        .orElseGet(
                                () -> (guest.isEmpty() ? "vm-" : guest + "-") + PidFile.ownPid());
        Optional<Initramfs> initramfs = AgentOptions.read(parsed, script, own, !guest.isEmpty());
        BootSpec boot = initramfs.map(made -> AgentOptions.with(made, own, name)).orElse(own);
        MachineSpec machine =
                new MachineSpec(
                        name,
                        value(parsed, "--cpus", RunOptions::cpus)
                                .or(() -> base.map(MachineSpec::cpus))
                                .orElse(MachineSpec.DEFAULT_CPUS),
                        value(parsed, "--memory", MemoryText::parse)
                                .or(() -> base.map(MachineSpec::memory))
                                .orElseGet(() -> MemorySpec.ofBytes(MemorySpec.DEFAULT_SIZE_BYTES)),
                        boot,
                        disks(parsed, base),
                        nets(parsed, base),
                        ConsoleOptions.virtio(parsed, base),
                        value(parsed, RNG, RunOptions::rng)
                                .or(() -> base.flatMap(MachineSpec::rng)));
        boolean background = parsed.hasMatchedOption(BACKGROUND);
        ConsoleChoice console =
                ConsoleOptions.serial(parsed, background, machine.consoles().isOnStdio());
        return new RunRequest(
                machine,
                ScriptOptions.besideReport(parsed, script, console),
                value(parsed, "--timeout", TimeText::parse),
                !parsed.hasMatchedOption("--no-reboot"),
                background,
                WatchOptions.read(parsed, script, initramfs));
    }

    private static MachineSpec machine(Path file) {
        return SpecReader.read(file, "vm-" + PidFile.ownPid());
    }

    /** Those of the command line where it names any, else those of the file. */
    private static List<DiskSpec> disks(ParseResult parsed, Optional<MachineSpec> base) {
        List<String> texts = parsed.matchedOptionValue("--disk", List.of());
        return texts.isEmpty()
                ? base.map(MachineSpec::disks).orElse(List.of())
                : texts.stream().map(DiskText::parse).toList();
    }

    /** Likewise; {@code none} is none, also of the file's. */
    private static List<NetSpec> nets(ParseResult parsed, Optional<MachineSpec> base) {
        List<String> texts = parsed.matchedOptionValue("--net", List.of());
        return texts.isEmpty()
                ? base.map(MachineSpec::nets).orElse(List.of())
                : texts.stream().map(NetText::parse).flatMap(Optional::stream).toList();
    }

    private static RngSpec rng(String text) {
        return text.isEmpty() ? RngSpec.unlimited() : RngSpec.parse(text);
    }

    private static BootSpec builtIn(ParseResult parsed, String guest, List<String> arguments) {
        for (String option : List.of("--kernel", "--initrd", "--append", "--load-address")) {
            if (parsed.hasMatchedOption(option)) {
                throw new SpecException(
                        "A built-in guest takes no "
                                + option
                                + ": '"
                                + guest
                                + "'. Its arguments go behind its name.");
            }
        }
        return new BootSpec(
                BuiltInGuests.image(guest),
                Optional.empty(),
                String.join(" ", arguments),
                OptionalLong.empty(),
                parsed.hasMatchedOption(VIRTIO_CMDLINE));
    }

    private static BootSpec image(ParseResult parsed, Optional<MachineSpec> base) {
        Optional<BootSpec> boot = base.map(MachineSpec::boot);
        Path kernel =
                value(parsed, "--kernel", RunOptions::path)
                        .or(() -> boot.map(BootSpec::kernel))
                        .orElseThrow(
                                () ->
                                        new SpecException(
                                                "Nothing to run: give a built-in guest (hosta run"
                                                        + " hello), --kernel or --config."));
        Optional<Long> loadAddress = value(parsed, "--load-address", BootSpec::parseGpa);
        return new BootSpec(
                kernel,
                value(parsed, "--initrd", RunOptions::path)
                        .or(() -> boot.flatMap(BootSpec::initrd)),
                value(parsed, "--append", Function.identity())
                        .or(() -> boot.map(BootSpec::commandLine))
                        .orElse(""),
                loadAddress.isPresent()
                        ? OptionalLong.of(loadAddress.get())
                        : boot.map(BootSpec::flatGpa).orElse(OptionalLong.empty()),
                parsed.hasMatchedOption(VIRTIO_CMDLINE)
                        || boot.map(BootSpec::virtioCmdline).orElse(false));
    }

    static <T> Optional<T> value(ParseResult parsed, String option, Function<String, T> reader) {
        return parsed.hasMatchedOption(option)
                ? Optional.of(reader.apply(parsed.matchedOptionValue(option, "")))
                : Optional.empty();
    }

    private static int cpus(String text) {
        try {
            return MachineSpec.requireCpus(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new SpecException(
                    "Number of vCPUs must be a whole number: cpus=" + text + ".", e);
        }
    }

    /** A path of this process's, for another one to read. */
    static Path absolute(String text) {
        if (text.isEmpty()) {
            throw new SpecException("A path is empty.");
        }
        return path(text).toAbsolutePath().normalize();
    }

    static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new SpecException("This is no path: " + e.getMessage() + ".", e);
        }
    }
}
