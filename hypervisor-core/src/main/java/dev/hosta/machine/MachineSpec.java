package dev.hosta.machine;

import dev.hosta.device.virtio.net.MacAddress;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A machine as asked for: everything that the guest can tell, nothing of how it is shown.
 *
 * @param name letters, digits, {@code . _ -}; 1 to 64 of them, the first a letter or digit; names
 *     the runtime folder
 * @param cpus number of vCPUs, 1 to 255 (xAPIC ids; the host may allow fewer)
 * @param memory RAM
 * @param boot image and command line
 * @param disks in the order in which the guest sees them, each with its own id and path; at most
 *     {@link #MAX_VIRTIO_DEVICES}
 * @param nets network interfaces in the order in which the guest sees them, each with its own id,
 *     address and carrier
 * @param consoles virtio consoles and named ports, beside the serial port
 * @param rng the source of random bytes, if there is one
 */
public record MachineSpec(
        String name,
        int cpus,
        MemorySpec memory,
        BootSpec boot,
        List<DiskSpec> disks,
        List<NetSpec> nets,
        ConsoleSpec consoles,
        Optional<RngSpec> rng) {
    /** Most vCPUs that xAPIC ids can name; 255 is the broadcast id. */
    public static final int MAX_CPUS = 255;

    /** Number of vCPUs where none is asked for. */
    public static final int DEFAULT_CPUS = 1;

    /** Most virtio devices, of all kinds together. */
    public static final int MAX_VIRTIO_DEVICES = VirtioSlots.COUNT;

    private static final int MAX_NAME = 64;

    /** Checks the ranges that need no host, and names the disks that have no id. */
    public MachineSpec {
        requireCpus(cpus);
        requireName(name);
        disks = disks.isEmpty() ? List.of() : named(disks);
        nets = nets.isEmpty() ? List.of() : named(name, nets);
        requireSlots(
                disks.size() + nets.size() + consoles.deviceCount() + (rng.isPresent() ? 1 : 0));
    }

    /** A machine without disks and networks. */
    public MachineSpec(String name, int cpus, MemorySpec memory, BootSpec boot) {
        this(name, cpus, memory, boot, List.of());
    }

    /** A machine with no virtio devices but disks. */
    public MachineSpec(
            String name, int cpus, MemorySpec memory, BootSpec boot, List<DiskSpec> disks) {
        this(name, cpus, memory, boot, disks, List.of(), ConsoleSpec.NONE, Optional.empty());
    }

    /** A machine without networks. */
    public MachineSpec(
            String name,
            int cpus,
            MemorySpec memory,
            BootSpec boot,
            List<DiskSpec> disks,
            ConsoleSpec consoles,
            Optional<RngSpec> rng) {
        this(name, cpus, memory, boot, disks, List.of(), consoles, rng);
    }

    /** The same machine under another name. */
    public MachineSpec withName(String other) {
        return new MachineSpec(other, cpus, memory, boot, disks, nets, consoles, rng);
    }

    /** The same machine with other disks. */
    public MachineSpec withDisks(List<DiskSpec> others) {
        return new MachineSpec(name, cpus, memory, boot, others, nets, consoles, rng);
    }

    /** The same machine with other networks. */
    public MachineSpec withNets(List<NetSpec> others) {
        return new MachineSpec(name, cpus, memory, boot, disks, others, consoles, rng);
    }

    private static void requireSlots(int devices) {
        if (devices > MAX_VIRTIO_DEVICES) {
            throw new SpecException(
                    "Too many virtio devices: "
                            + devices
                            + ", at most "
                            + MAX_VIRTIO_DEVICES
                            + ".");
        }
    }

    /** Whether there is any virtio device. */
    boolean hasVirtioDevices() {
        return !disks.isEmpty() || !nets.isEmpty() || !consoles.isEmpty() || rng.isPresent();
    }

    private static List<DiskSpec> named(List<DiskSpec> disks) {
        Set<String> ids = new HashSet<>();
        Set<Path> paths = new HashSet<>();
        List<DiskSpec> named = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            DiskSpec disk = disks.get(i);
            DiskSpec one = disk.id().isEmpty() ? disk.withId("disk" + i) : disk;
            if (!ids.add(one.id())) {
                throw new SpecException("Two disks have the same id: id='" + one.id() + "'.");
            }
            if (!paths.add(one.path().toAbsolutePath().normalize())) {
                throw new SpecException("A disk is given twice: path=" + one.path() + ".");
            }
            named.add(one);
        }
        return List.copyOf(named);
    }

    private static List<NetSpec> named(String machineName, List<NetSpec> nets) {
        Set<String> ids = new HashSet<>();
        Set<MacAddress> macs = new HashSet<>();
        Set<NetSpec.Carrier> carriers = new HashSet<>();
        List<NetSpec> named = new ArrayList<>();
        for (NetSpec net : nets) {
            NetSpec one = net.named(machineName, named.size());
            if (!ids.add(one.id())) {
                throw new SpecException("Two networks have the same id: id='" + one.id() + "'.");
            }
            if (!macs.add(one.mac().orElseThrow())) {
                throw new SpecException(
                        "Two networks have the same address: mac=" + one.mac().orElseThrow() + ".");
            }
            boolean shared = one.carrier() instanceof NetSpec.Carrier.User;
            if (!shared && !carriers.add(one.carrier())) {
                throw new SpecException("A network is given twice: id='" + one.id() + "'.");
            }
            named.add(one);
        }
        return List.copyOf(named);
    }

    /**
     * Passes a number of vCPUs on.
     *
     * @throws SpecException where it is not 1 to {@link #MAX_CPUS}
     */
    public static int requireCpus(int cpus) {
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new SpecException(
                    "Number of vCPUs must be 1 to " + MAX_CPUS + ": cpus=" + cpus + ".");
        }
        return cpus;
    }

    /**
     * Passes a machine's name on.
     *
     * @throws SpecException where it is none
     */
    public static String requireName(String name) {
        if (!isName(name)) {
            throw new SpecException(
                    "A name is 1 to 64 letters, digits, '.', '_' or '-', the first a letter or"
                            + " digit: name='"
                            + name
                            + "'.");
        }
        return name;
    }

    static boolean isName(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME || !isAlphanumeric(name.charAt(0))) {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isAlphanumeric(c) && c != '.' && c != '_' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
