package dev.hosta.junit;

import dev.hosta.boot.Initramfs;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.ByteSize;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.SpecException;
import dev.hosta.machine.SpecReader;
import dev.hosta.machine.TimeSpan;
import dev.hosta.script.AgentLink;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the annotations of a test say of its guests.
 *
 * @param spec the machine, its boot without the agent
 * @param agent whether commands run in the guest
 * @param patience how long each wait for it may take
 */
record GuestPlan(MachineSpec spec, AgentMode agent, Duration patience) {
    private static final Pattern PARAMETER = Pattern.compile("\\$\\{([^}]*)}");
    private static final String AGENT_PROGRAM = "hosta-agent";

    /**
     * Puts them together.
     *
     * @param said the method's first, then the class's
     * @param name the machine's
     * @param parameters values for {@code ${NAME}}
     * @throws SpecException where they say no machine
     */
    static GuestPlan of(
            List<GuestTest> said, String name, Function<String, Optional<String>> parameters) {
        Reading reading = new Reading(said, parameters);
        String timeout = reading.text(GuestTest::timeout);
        AgentMode[] agent = {};
        for (int i = 0; i < said.size() && agent.length == 0; i++) {
            agent = said.get(i).agent();
        }
        if (agent.length > 1) {
            throw new SpecException("A guest has at most one agent: agent=" + List.of(agent) + ".");
        }
        return new GuestPlan(
                reading.spec(name),
                agent.length == 0 ? AgentMode.NONE : agent[0],
                timeout.isEmpty() ? Duration.ofSeconds(30) : TimeSpan.parse(timeout));
    }

    /** The annotations of one test, the nearest first. */
    private record Reading(List<GuestTest> said, Function<String, Optional<String>> parameters) {
        /** What the nearest one says that says something; else nothing. */
        String text(Function<GuestTest, String> attribute) {
            return said.stream()
                    .map(attribute)
                    .filter(text -> !text.isEmpty())
                    .findFirst()
                    .map(this::filledIn)
                    .orElse("");
        }

        private String filledIn(String text) {
            return PARAMETER
                    .matcher(text)
                    .replaceAll(match -> Matcher.quoteReplacement(parameter(match.group(1))));
        }

        private String parameter(String key) {
            return parameters
                    .apply(key)
                    .orElseThrow(
                            () ->
                                    new SpecException(
                                            "There is no parameter '"
                                                    + key
                                                    + "', which @GuestTest names: give it to"
                                                    + " JUnit, or as the system property -D"
                                                    + key
                                                    + "=…."));
        }

        MachineSpec spec(String name) {
            MachineSpec base = base(name);
            String memory = text(GuestTest::memory);
            int cpus =
                    said.stream()
                            .mapToInt(GuestTest::cpus)
                            .filter(n -> n != 0)
                            .findFirst()
                            .orElse(base.cpus());
            return new MachineSpec(
                    name,
                    cpus,
                    memory.isEmpty() ? base.memory() : MemorySpec.ofBytes(ByteSize.parse(memory)),
                    boot(base.boot()),
                    base.disks(),
                    base.nets(),
                    base.consoles(),
                    base.rng());
        }

        private MachineSpec base(String name) {
            String config = text(GuestTest::config);
            String kernel = text(GuestTest::kernel);
            if (!config.isEmpty()) {
                return SpecReader.read(Path.of(config), name);
            }
            if (kernel.isEmpty()) {
                throw new SpecException(
                        "No guest is said: give @GuestTest(kernel = …) or (config = …), on the"
                                + " method or its class.");
            }
            BootSpec boot =
                    new BootSpec(Path.of(kernel), Optional.empty(), "", OptionalLong.empty());
            return new MachineSpec(
                    name,
                    MachineSpec.DEFAULT_CPUS,
                    MemorySpec.ofBytes(MemorySpec.DEFAULT_SIZE_BYTES),
                    boot);
        }

        private BootSpec boot(BootSpec base) {
            String kernel = text(GuestTest::kernel);
            String initrd = text(GuestTest::initrd);
            String append = text(GuestTest::append);
            String address = text(GuestTest::loadAddress);
            return new BootSpec(
                    kernel.isEmpty() ? base.kernel() : Path.of(kernel),
                    initrd.isEmpty() ? base.initrd() : Optional.of(Path.of(initrd)),
                    append.isEmpty() ? base.commandLine() : append,
                    address.isEmpty()
                            ? base.flatGpa()
                            : OptionalLong.of(BootSpec.parseGpa(address)),
                    base.virtioCmdline());
        }
    }

    /** The host's end of its agent, if it has one. */
    Optional<AgentLink> newAgent() {
        return switch (agent) {
            case NONE -> Optional.empty();
            case AS_INIT -> Optional.of(new AgentLink(true));
            case BESIDE_INIT -> Optional.of(new AgentLink(false));
        };
    }

    /**
     * The machine as it boots, with its agent.
     *
     * @param scratch takes the initramfs that is made for it
     */
    MachineSpec bootable(Scratch scratch) {
        if (agent == AgentMode.NONE) {
            return spec;
        }
        Path initramfs = scratch.folder().resolve("initramfs");
        Path program = scratch.folder().resolve(AGENT_PROGRAM);
        try (InputStream in = GuestPlan.class.getResourceAsStream(AGENT_PROGRAM)) {
            if (in == null) {
                throw new SpecException("The agent is not in this build of Hosta.");
            }
            Files.copy(in, program);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot put the agent to " + program + ": " + e, e);
        }
        new Initramfs(spec.boot().initrd(), Optional.of(program), List.of()).write(initramfs);
        BootSpec boot = spec.boot().withAgent(initramfs);
        return new MachineSpec(
                spec.name(),
                spec.cpus(),
                spec.memory(),
                boot,
                spec.disks(),
                spec.nets(),
                spec.consoles(),
                spec.rng());
    }
}
