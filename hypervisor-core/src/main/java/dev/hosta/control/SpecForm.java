package dev.hosta.control;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PortForward;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.ByteSize;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.PortSpec;
import dev.hosta.machine.PortTarget;
import dev.hosta.machine.RngSpec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A machine's spec in the form of docs/config.md: what {@code inspect} shows, and what stands in
 * the runtime folder as {@value #FILE}, from which {@code run --config} makes the same machine.
 */
final class SpecForm {
    /** The spec's file in a VM's runtime folder. */
    static final String FILE = "config.json";

    private SpecForm() {}

    /**
     * Writes the file, for the user's eyes alone: a command line may hold a secret.
     *
     * @param folder the VM's runtime folder
     * @throws LinuxException where it cannot be written
     */
    static void write(Path folder, MachineSpec spec) {
        byte[] text = (Json.writePretty(of(spec)) + "\n").getBytes(StandardCharsets.UTF_8);
        int flags = FileDescriptor.O_WRONLY | FileDescriptor.O_CREAT | FileDescriptor.O_TRUNC;
        try (Arena arena = Arena.ofConfined();
                FileDescriptor file = FileDescriptor.open(folder.resolve(FILE), flags)) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, text);
            for (long done = 0; done < text.length; ) {
                done += file.writeAt(bytes.asSlice(done), done);
            }
        }
    }

    /** The spec as plain values for {@link Json}; paths are absolute. */
    static SequencedMap<String, Object> of(MachineSpec spec) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        map.put("name", spec.name());
        map.put("cpus", spec.cpus());
        map.put("memory", memory(spec.memory()));
        BootSpec boot = spec.boot();
        map.put("kernel", absolute(boot.kernel()));
        boot.initrd().ifPresent(initrd -> map.put("initrd", absolute(initrd)));
        map.put("append", boot.commandLine());
        boot.flatGpa().ifPresent(gpa -> map.put("loadAddress", "0x" + Long.toHexString(gpa)));
        if (boot.virtioCmdline()) {
            map.put("virtioCmdline", true);
        }
        map.put("disks", spec.disks().stream().map(SpecForm::disk).toList());
        map.put("nets", spec.nets().stream().map(SpecForm::net).toList());
        spec.consoles().hvc().ifPresent(target -> map.put("hvc", target(target)));
        map.put("ports", spec.consoles().ports().stream().map(SpecForm::port).toList());
        spec.rng().ifPresent(rng -> map.put("rng", rng(rng)));
        return map;
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath();
    }

    private static Map<String, Object> memory(MemorySpec memory) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        map.put("size", ByteSize.text(memory.sizeBytes()));
        if (memory.hugePages() != HugePages.NONE) {
            map.put("hugepages", ByteSize.text(memory.hugePages().sizeBytes()));
        }
        map.put("prealloc", memory.prealloc());
        return map;
    }

    private static Map<String, Object> disk(DiskSpec disk) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        map.put("path", absolute(disk.path()));
        map.put("readOnly", disk.readOnly());
        map.put("cache", disk.cache().text());
        if (disk.surelyRaw()) {
            map.put("format", "raw");
        }
        map.put("engine", disk.engine().text());
        putRate(map, "rate", disk.rate().bytesPerSecond());
        if (disk.rate().operationsPerSecond() != 0) {
            map.put("iops", disk.rate().operationsPerSecond());
        }
        map.put("id", disk.id());
        return map;
    }

    private static Map<String, Object> net(NetSpec net) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        switch (net.carrier()) {
            case NetSpec.Carrier.User user -> {
                map.put("type", "user");
                map.put("publish", user.publish().stream().map(SpecForm::publish).toList());
            }
            case NetSpec.Carrier.Tap tap -> {
                map.put("type", "tap");
                map.put("interface", tap.interfaceName());
            }
            case NetSpec.Carrier.Socket socket -> {
                map.put("type", "socket");
                map.put("path", absolute(socket.path()));
            }
        }
        net.mac().ifPresent(mac -> map.put("mac", mac));
        if (net.mtu() != 0) {
            map.put("mtu", net.mtu());
        }
        putRate(map, "rxRate", net.rxBytesPerSecond());
        putRate(map, "txRate", net.txBytesPerSecond());
        map.put("id", net.id());
        return map;
    }

    private static void putRate(Map<String, Object> map, String key, long bytesPerSecond) {
        if (bytesPerSecond != 0) {
            map.put(key, ByteSize.text(bytesPerSecond));
        }
    }

    private static String publish(PortForward forward) {
        String address = forward.hostAddress();
        String host = address.contains(":") ? "[" + address + "]:" : address + ":";
        return (address.isEmpty() ? "" : host)
                + forward.hostPort()
                + ":"
                + forward.guestPort()
                + (forward.protocol() == PortForward.Protocol.UDP ? "/udp" : "");
    }

    private static Map<String, Object> port(PortSpec port) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        map.put("name", port.name());
        map.put("to", target(port.target()));
        return map;
    }

    private static String target(PortTarget target) {
        return switch (target) {
            case PortTarget.Stdio stdio -> "stdio";
            case PortTarget.ToFile file -> "file:" + absolute(file.path());
            case PortTarget.Socket socket -> "socket:" + absolute(socket.path());
        };
    }

    private static Object rng(RngSpec rng) {
        return rng.bytesPerSecond().isPresent()
                ? ByteSize.text(rng.bytesPerSecond().getAsLong())
                : true;
    }
}
