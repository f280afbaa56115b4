package dev.hosta.control;

import dev.hosta.linux.HugePages;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.SpecException;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a VM's description in the form of Cloud Hypervisor's {@code VmConfig}.
 *
 * <p>Each field is taken, or asks for what is the case anyway, or is a hint about speed, or is
 * refused by name: nothing that a client asks for is left out silently. docs/api.md has the list.
 *
 * @param spec the machine
 * @param serial where its serial console goes
 */
record ChConfig(MachineSpec spec, SerialChoice serial) {
    private static final long DEFAULT_MEMORY_BYTES = 512L << 20;
    private static final Set<String> CPU_HINTS = Set.of("core_scheduling", "affinity");
    private static final Set<String> MEMORY_HINTS =
            Set.of("thp", "shared", "hotplug_method", "reserve");

    /**
     * Reads a description.
     *
     * @param json a JSON object
     * @param name of the VM, which such a description does not have
     * @throws CallException with 400 where it is none, or asks for what Hosta has not
     * @throws SpecException where a value is out of range
     */
    static ChConfig read(String json, String name) {
        ConfigObject config = ConfigObject.parse(json);
        ConfigObject payload = config.object("payload");
        ConfigObject cpus = config.object("cpus");
        ConfigObject memory = config.object("memory");
        BootSpec boot =
                new BootSpec(
                        payload.path("kernel")
                                .orElseThrow(
                                        () ->
                                                new CallException(
                                                        400,
                                                        "The field payload.kernel is missing.")),
                        payload.path("initramfs"),
                        payload.string("cmdline").orElse(""),
                        OptionalLong.empty());
        payload.end(Set.of());
        MachineSpec spec =
                new MachineSpec(
                        name,
                        cpus(cpus),
                        memory(memory),
                        boot,
                        ChDevices.disks(config.objects("disks")),
                        ChDevices.nets(config.objects("net")),
                        ChDevices.console(config.object("console")),
                        ChDevices.rng(config.object("rng")));
        SerialChoice serial = serial(config.object("serial"));
        config.end(Set.of());
        return new ChConfig(spec, serial);
    }

    private static int cpus(ConfigObject cpus) {
        long boot = cpus.number("boot_vcpus").orElse(1L);
        long most = cpus.number("max_vcpus").orElse(boot);
        if (most != boot) {
            throw new CallException(
                    400, "Hosta adds no vCPUs later: cpus.max_vcpus must be cpus.boot_vcpus.");
        }
        if (!cpus.bool("nested", true)) {
            throw new CallException(400, "Hosta cannot hide nested virtualisation: cpus.nested.");
        }
        cpus.end(CPU_HINTS);
        return MachineSpec.requireCpus(Math.clamp(boot, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    private static MemorySpec memory(ConfigObject memory) {
        long size = memory.number("size").orElse(DEFAULT_MEMORY_BYTES);
        boolean huge = memory.bool("hugepages", false);
        long pageBytes = memory.number("hugepage_size").orElse(2L << 20);
        boolean prefault = memory.bool("prefault", false);
        memory.end(MEMORY_HINTS);
        return new MemorySpec(size, huge ? pages(pageBytes) : HugePages.NONE, prefault);
    }

    private static HugePages pages(long bytes) {
        for (HugePages pages : HugePages.values()) {
            if (pages != HugePages.NONE && pages.sizeBytes() == bytes) {
                return pages;
            }
        }
        throw new CallException(400, "Huge pages are of 2 MiB or 1 GiB: memory.hugepage_size.");
    }

    /** Hosta's serial port is there in any case; where its bytes go is what is asked for. */
    private static SerialChoice serial(ConfigObject serial) {
        Optional<Path> file = serial.path("file");
        Optional<Path> socket = serial.path("socket");
        String mode = serial.string("mode").orElse("Null");
        serial.end(Set.of());
        return switch (mode) {
            case "Off", "Null" -> new SerialChoice.None();
            case "Tty" -> new SerialChoice.Tty();
            case "File" ->
                    new SerialChoice.ToFile(
                            file.orElseThrow(
                                    () -> new CallException(400, "serial.file is missing.")));
            case "Socket" ->
                    new SerialChoice.Socket(
                            socket.orElseThrow(
                                    () -> new CallException(400, "serial.socket is missing.")));
            default -> throw new CallException(400, "Hosta has no serial.mode " + mode + ".");
        };
    }

    /** The same form of a VM that runs, as {@code vm.info} shows it. */
    static Map<String, Object> write(MachineSpec spec, SerialChoice serial) {
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("kernel", spec.boot().kernel());
        spec.boot().initrd().ifPresent(initrd -> payload.put("initramfs", initrd));
        payload.put("cmdline", spec.boot().commandLine());
        Map<String, Object> memory = new LinkedHashMap<>();
        MemorySpec ram = spec.memory();
        memory.put("size", ram.sizeBytes());
        memory.put("hugepages", ram.hugePages() != HugePages.NONE);
        if (ram.hugePages() != HugePages.NONE) {
            memory.put("hugepage_size", ram.hugePages().sizeBytes());
        }
        memory.put("prefault", ram.prealloc());
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("cpus", Map.of("boot_vcpus", spec.cpus(), "max_vcpus", spec.cpus()));
        config.put("memory", memory);
        config.put("payload", payload);
        config.put("serial", write(serial));
        ChDevices.write(spec, config);
        return config;
    }

    private static Map<String, Object> write(SerialChoice serial) {
        return switch (serial) {
            case SerialChoice.Tty t -> Map.of("mode", "Tty");
            case SerialChoice.ToFile f -> Map.of("mode", "File", "file", f.path());
            case SerialChoice.Socket s -> Map.of("mode", "Socket", "socket", s.path());
            case SerialChoice.None n -> Map.of("mode", "Null");
        };
    }
}
