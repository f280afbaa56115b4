package dev.hosta.control;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;
import dev.hosta.machine.ConsoleSpec;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.PortTarget;
import dev.hosta.machine.RateSpec;
import dev.hosta.machine.RngSpec;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The virtio devices of Cloud Hypervisor's {@code VmConfig}: {@code DiskConfig}, {@code NetConfig},
 * {@code RngConfig} and {@code ConsoleConfig}, read and written.
 */
final class ChDevices {
    private static final Path NOWHERE = Path.of("/dev/null");
    private static final Set<Path> ENTROPY =
            Set.of(Path.of("/dev/urandom"), Path.of("/dev/random"));
    private static final Set<String> DISK_HINTS =
            Set.of("num_queues", "queue_size", "lock_granularity", "sparse", "queue_affinity");
    private static final Set<String> NET_HINTS = Set.of("num_queues", "queue_size", "vhost_mode");
    private static final long SECOND_MILLIS = 1000;

    private ChDevices() {}

    static List<DiskSpec> disks(List<ConfigObject> configs) {
        return configs.stream().map(ChDevices::disk).toList();
    }

    private static DiskSpec disk(ConfigObject config) {
        Path path =
                config.path("path").orElseThrow(() -> refused("A disk without a path: disks[]."));
        boolean direct = config.bool("direct", false);
        Optional<String> serial = config.string("serial");
        String id = config.string("id").or(() -> serial).orElse("");
        if (serial.isPresent() && !serial.get().equals(id)) {
            throw refused("A disk's id is its serial number here: disks[].serial.");
        }
        String format = config.string("image_type").orElse("Unknown");
        if (!format.equals("Raw") && !format.equals("Unknown")) {
            throw refused("Disks are raw images: disks[].image_type.");
        }
        ConfigObject limits = config.object("rate_limiter_config");
        RateSpec rate = new RateSpec(rate(limits, "ops"), rate(limits, "bandwidth"));
        limits.end(Set.of());
        DiskSpec disk =
                new DiskSpec(
                        path,
                        config.bool("readonly", false),
                        direct ? CacheMode.NONE : CacheMode.WRITEBACK,
                        format.equals("Raw"),
                        id,
                        EngineChoice.AUTO,
                        rate);
        config.end(DISK_HINTS);
        return disk;
    }

    static List<NetSpec> nets(List<ConfigObject> configs) {
        return configs.stream().map(ChDevices::net).toList();
    }

    private static NetSpec net(ConfigObject config) {
        String tap =
                config.string("tap")
                        .orElseThrow(() -> refused("A network without a tap: net[].tap."));
        for (String offload : List.of("offload_tso", "offload_ufo", "offload_csum")) {
            if (!config.bool(offload, true)) {
                throw refused("Hosta offers the guest what the tap can do: net[]." + offload + ".");
            }
        }
        ConfigObject limits = config.object("rate_limiter_config");
        long bytes = rate(limits, "bandwidth");
        limits.end(Set.of());
        long mtu = config.number("mtu").orElse(0L);
        NetSpec net =
                new NetSpec(
                        new NetSpec.Carrier.Tap(tap),
                        config.string("mac").map(NetSpec::parseMac),
                        config.string("id").orElse(""),
                        Math.clamp(mtu, Integer.MIN_VALUE, Integer.MAX_VALUE),
                        bytes,
                        bytes);
        config.end(NET_HINTS);
        return net;
    }

    /** What a token bucket lets through in a second; 0 where there is none. */
    private static long rate(ConfigObject limits, String field) {
        ConfigObject bucket = limits.object(field);
        Optional<Long> size = bucket.number("size");
        Optional<Long> millis = bucket.number("refill_time");
        bucket.end(Set.of());
        if (size.isEmpty() && millis.isEmpty()) {
            return 0;
        }
        if (size.orElse(0L) < 1 || millis.orElse(0L) < 1) {
            throw refused("A token bucket has a size and a refill_time: " + field + ".");
        }
        BigInteger tokens = BigInteger.valueOf(size.get());
        BigInteger second =
                tokens.multiply(BigInteger.valueOf(SECOND_MILLIS))
                        .divide(BigInteger.valueOf(millis.get()));
        if (second.signum() == 0 || second.bitLength() >= Long.SIZE) {
            throw refused("A rate is one a second or more, below 2^63: " + field + ".");
        }
        return second.longValueExact();
    }

    static Optional<RngSpec> rng(ConfigObject config) {
        Optional<Path> source = config.path("src");
        config.end(Set.of());
        if (source.isPresent() && !ENTROPY.contains(source.get())) {
            throw refused("Random bytes are the host kernel's, /dev/urandom: rng.src.");
        }
        return source.map(path -> RngSpec.unlimited());
    }

    static ConsoleSpec console(ConfigObject config) {
        Optional<Path> file = config.path("file");
        Optional<Path> socket = config.path("socket");
        String mode = config.string("mode").orElse("Off");
        config.end(Set.of());
        Optional<PortTarget> hvc =
                switch (mode) {
                    case "Off" -> Optional.empty();
                    case "Null" -> Optional.of(new PortTarget.ToFile(NOWHERE));
                    case "Tty" -> throw refused("The terminal is for serial: console.mode Tty.");
                    case "File" ->
                            Optional.of(
                                    new PortTarget.ToFile(
                                            file.orElseThrow(
                                                    () -> refused("console.file is missing."))));
                    case "Socket" ->
                            Optional.of(
                                    new PortTarget.Socket(
                                            socket.orElseThrow(
                                                    () -> refused("console.socket is missing."))));
                    default -> throw refused("Hosta has no console.mode " + mode + ".");
                };
        return hvc.isEmpty() ? ConsoleSpec.NONE : new ConsoleSpec(hvc, List.of());
    }

    private static CallException refused(String why) {
        return new CallException(400, why);
    }

    /** Adds the devices of a spec; a network that is no tap has no field for what it is on. */
    static void write(MachineSpec spec, Map<String, Object> config) {
        config.put("disks", spec.disks().stream().map(ChDevices::disk).toList());
        config.put("net", spec.nets().stream().map(ChDevices::net).toList());
        if (spec.rng().isPresent()) {
            config.put("rng", Map.of("src", "/dev/urandom"));
        }
        config.put("console", console(spec.consoles()));
    }

    private static Map<String, Object> disk(DiskSpec disk) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("path", disk.path());
        entry.put("readonly", disk.readOnly());
        entry.put("direct", disk.cache() == CacheMode.NONE);
        entry.put("id", disk.id());
        entry.put("serial", disk.id());
        entry.put("image_type", disk.surelyRaw() ? "Raw" : "Unknown");
        limits(entry, disk.rate().bytesPerSecond(), disk.rate().operationsPerSecond());
        return entry;
    }

    private static Map<String, Object> net(NetSpec net) {
        Map<String, Object> entry = new LinkedHashMap<>();
        if (net.carrier() instanceof NetSpec.Carrier.Tap tap) {
            entry.put("tap", tap.interfaceName());
        }
        entry.put("id", net.id());
        net.mac().ifPresent(mac -> entry.put("mac", mac));
        if (net.mtu() != 0) {
            entry.put("mtu", net.mtu());
        }
        if (net.rxBytesPerSecond() == net.txBytesPerSecond()) {
            limits(entry, net.rxBytesPerSecond(), 0);
        }
        return entry;
    }

    private static void limits(Map<String, Object> entry, long bytes, long operations) {
        Map<String, Object> limits = new LinkedHashMap<>();
        if (bytes != 0) {
            limits.put("bandwidth", Map.of("size", bytes, "refill_time", SECOND_MILLIS));
        }
        if (operations != 0) {
            limits.put("ops", Map.of("size", operations, "refill_time", SECOND_MILLIS));
        }
        if (!limits.isEmpty()) {
            entry.put("rate_limiter_config", limits);
        }
    }

    private static Map<String, Object> console(ConsoleSpec consoles) {
        if (consoles.hvc().isEmpty()) {
            return Map.of("mode", "Off");
        }
        return switch (consoles.hvc().get()) {
            case PortTarget.Stdio s -> Map.of("mode", "Tty");
            case PortTarget.ToFile f when f.path().equals(NOWHERE) -> Map.of("mode", "Null");
            case PortTarget.ToFile f -> Map.of("mode", "File", "file", f.path());
            case PortTarget.Socket s -> Map.of("mode", "Socket", "socket", s.path());
        };
    }
}
