package dev.hosta.control;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.HugePages;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.SpecException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    private static final Set<String> DISK_HINTS =
            Set.of("num_queues", "queue_size", "lock_granularity", "sparse", "queue_affinity");

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
                        name, cpus(cpus), memory(memory), boot, disks(config.objects("disks")));
        SerialChoice serial = serial(config.object("serial"));
        noConsole(config.object("console"));
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

    private static List<DiskSpec> disks(List<ConfigObject> configs) {
        List<DiskSpec> disks = new ArrayList<>();
        for (ConfigObject config : configs) {
            Path path =
                    config.path("path")
                            .orElseThrow(() -> new CallException(400, "A disk without a path."));
            boolean direct = config.bool("direct", false);
            Optional<String> serial = config.string("serial");
            String id = config.string("id").or(() -> serial).orElse("");
            if (serial.isPresent() && !serial.get().equals(id)) {
                throw new CallException(
                        400, "A disk's id is its serial number here: disks[].serial.");
            }
            String format = config.string("image_type").orElse("Unknown");
            if (!format.equals("Raw") && !format.equals("Unknown")) {
                throw new CallException(400, "Disks are raw images: disks[].image_type.");
            }
            disks.add(
                    new DiskSpec(
                            path,
                            config.bool("readonly", false),
                            direct ? CacheMode.NONE : CacheMode.WRITEBACK,
                            format.equals("Raw"),
                            id));
            config.end(DISK_HINTS);
        }
        return disks;
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

    private static void noConsole(ConfigObject console) {
        String mode = console.string("mode").orElse("Off");
        if (!mode.equals("Off") && !mode.equals("Null")) {
            throw new CallException(
                    400, "Hosta has no virtio console yet: console.mode must be Off or Null.");
        }
        console.end(Set.of());
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
        List<Map<String, Object>> disks = new ArrayList<>();
        for (DiskSpec disk : spec.disks()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("path", disk.path());
            entry.put("readonly", disk.readOnly());
            entry.put("direct", disk.cache() == CacheMode.NONE);
            entry.put("id", disk.id());
            entry.put("serial", disk.id());
            entry.put("image_type", disk.surelyRaw() ? "Raw" : "Unknown");
            disks.add(entry);
        }
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("cpus", Map.of("boot_vcpus", spec.cpus(), "max_vcpus", spec.cpus()));
        config.put("memory", memory);
        config.put("payload", payload);
        config.put("disks", disks);
        config.put("serial", write(serial));
        config.put("console", Map.of("mode", "Off"));
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
