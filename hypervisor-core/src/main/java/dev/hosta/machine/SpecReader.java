package dev.hosta.machine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;

import dev.hosta.linux.HugePages;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a machine from a JSON file; docs/config.md describes the format.
 *
 * <p>Nothing is guessed: an unknown key, a key given twice, a value of another type is one line
 * that names file, line and column.
 */
public final class SpecReader {
    private static final List<String> KEYS =
            List.of(
                    "name",
                    "cpus",
                    "memory",
                    "kernel",
                    "initrd",
                    "append",
                    "loadAddress",
                    "virtioCmdline",
                    "disks",
                    "nets",
                    "hvc",
                    "ports",
                    "rng");
    private static final List<String> MEMORY_KEYS = List.of("size", "hugepages", "prealloc");

    private static final List<String> PORT_KEYS = List.of("name", "to");

    private final Path file;
    private final SpecJson json;

    private String name;
    private int cpus = MachineSpec.DEFAULT_CPUS;
    private MemorySpec memory = MemorySpec.ofBytes(MemorySpec.DEFAULT_SIZE_BYTES);
    private Optional<Path> kernel = Optional.empty();
    private Optional<Path> initrd = Optional.empty();
    private String append = "";
    private OptionalLong loadAddress = OptionalLong.empty();
    private boolean virtioCmdline;

    private List<DiskSpec> disks = List.of();
    private List<NetSpec> nets = List.of();
    private Optional<PortTarget> hvc = Optional.empty();
    private List<PortSpec> ports = List.of();
    private Optional<RngSpec> rng = Optional.empty();

    private SpecReader(Path file, SpecTokens json, String defaultName) {
        this.file = file;
        this.json = new SpecJson(file, json);
        this.name = defaultName;
    }

    /**
     * Reads a machine.
     *
     * @param file JSON; relative paths in it start at its own folder
     * @param defaultName the machine's name where the file gives none
     * @throws SpecException where the file cannot be read or describes no machine
     */
    public static MachineSpec read(Path file, String defaultName) {
        try (InputStream in = Files.newInputStream(file);
                JsonParser json = new JsonFactory().createParser(in)) {
            return new SpecReader(file, new JsonSpecTokens(json), defaultName).machine();
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("no JSON");
            throw new SpecException(
                    "Cannot read "
                            + file
                            + SpecJson.place(
                                    e.getLocation().getLineNr(), e.getLocation().getColumnNr())
                            + what
                            + ".",
                    e);
        } catch (NoSuchFileException e) {
            throw new SpecException("Cannot read " + file + ": no such file.", e);
        } catch (AccessDeniedException e) {
            throw new SpecException("Cannot read " + file + ": permission denied.", e);
        } catch (IOException e) {
            throw new SpecException("Cannot read " + file + ": " + e.getMessage() + ".", e);
        }
    }

    /**
     * Reads a machine that is described within another file, by the same keys.
     *
     * @param tokens of one object
     * @param file for messages, and whose folder relative paths start at
     * @param defaultName as of {@link #read(Path, String)}
     * @throws SpecException where they describe no machine
     */
    public static MachineSpec read(SpecTokens tokens, Path file, String defaultName) {
        try {
            return new SpecReader(file, tokens, defaultName).machine();
        } catch (IOException e) {
            throw new SpecException("Cannot read " + file + ": " + e.getMessage() + ".", e);
        }
    }

    private MachineSpec machine() throws IOException {
        json.begin();
        Set<String> seen = new HashSet<>();
        for (String key; !(key = json.nextKey(KEYS, seen)).isEmpty(); ) {
            switch (key) {
                case "name" -> name = json.parsed(key, MachineSpec::requireName);
                case "cpus" -> {
                    int count = json.integer(key);
                    cpus = json.checked(() -> MachineSpec.requireCpus(count));
                }
                case "memory" -> memory = memory(key);
                case "kernel" -> kernel = Optional.of(json.parsed(key, this::path));
                case "initrd" -> initrd = Optional.of(json.parsed(key, this::path));
                case "append" -> append = json.string(key);
                case "virtioCmdline" -> virtioCmdline = json.bool(key);
                case "disks" -> disks = json.list(key, () -> DiskSpecReader.read(json, this::path));
                case "nets" -> nets = json.list(key, () -> NetSpecReader.read(json, this::path));
                case "hvc" ->
                        hvc = json.parsed(key, text -> ConsoleSpec.parseHvc(text, this::path));
                case "ports" -> ports = json.list(key, () -> port());
                case "rng" -> rng = rng(key);
                default -> loadAddress = OptionalLong.of(json.parsed(key, BootSpec::parseGpa));
            }
        }
        json.end();
        Path image =
                kernel.orElseThrow(
                        () ->
                                new SpecException(
                                        "Cannot read " + file + ": the key 'kernel' is missing."));
        BootSpec boot = new BootSpec(image, initrd, append, loadAddress, virtioCmdline);
        return json.checked(
                () -> {
                    ConsoleSpec consoles =
                            hvc.isEmpty() && ports.isEmpty()
                                    ? ConsoleSpec.NONE
                                    : new ConsoleSpec(hvc, ports);
                    return new MachineSpec(name, cpus, memory, boot, disks, nets, consoles, rng);
                });
    }

    private PortSpec port() throws IOException {
        if (!json.isObject()) {
            throw json.wrong("a port must be an object with 'name' and 'to'");
        }
        Optional<String> portName = Optional.empty();
        Optional<PortTarget> target = Optional.empty();
        Set<String> seen = new HashSet<>();
        for (String inner; !(inner = json.nextKey(PORT_KEYS, seen)).isEmpty(); ) {
            switch (inner) {
                case "name" -> portName = Optional.of(json.parsed(inner, PortSpec::requireName));
                default ->
                        target =
                                Optional.of(
                                        json.parsed(
                                                inner, text -> PortTarget.parse(text, this::path)));
            }
        }
        if (portName.isEmpty() || target.isEmpty()) {
            throw json.wrong("a port's 'name' or 'to' is missing");
        }
        return new PortSpec(portName.get(), target.get());
    }

    /** {@code true}, {@code false}, or a rate. */
    private Optional<RngSpec> rng(String key) throws IOException {
        if (json.isString()) {
            return Optional.of(json.parsed(key, RngSpec::parse));
        }
        return json.bool(key) ? Optional.of(RngSpec.unlimited()) : Optional.empty();
    }

    private MemorySpec memory(String key) throws IOException {
        if (!json.isObject()) {
            return json.parsed(key, size -> MemorySpec.ofBytes(ByteSize.parse(size)));
        }
        long size = MemorySpec.DEFAULT_SIZE_BYTES;
        HugePages hugePages = HugePages.NONE;
        boolean prealloc = false;
        Set<String> seen = new HashSet<>();
        for (String inner; !(inner = json.nextKey(MEMORY_KEYS, seen)).isEmpty(); ) {
            switch (inner) {
                case "size" -> size = json.parsed(inner, ByteSize::parse);
                case "hugepages" -> hugePages = json.parsed(inner, MemorySpec::parseHugePages);
                default -> prealloc = json.bool(inner);
            }
        }
        long sizeBytes = size;
        HugePages pages = hugePages;
        boolean allocated = prealloc;
        return json.checked(() -> new MemorySpec(sizeBytes, pages, allocated));
    }

    private Path path(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new SpecException("A path cannot be empty or hold a NUL.");
        }
        return file.resolveSibling(text);
    }
}
