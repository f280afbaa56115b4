package dev.hosta.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What {@code hosta doctor} finds about the host beside KVM. */
final class HostCheck {
    private static final long LOW_MEMORY_MIB = 1024;

    private HostCheck() {}

    static List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(cpu());
        findings.add(memory());
        findings.add(hugePages("2M", "hugepages-2048kB"));
        findings.add(hugePages("1G", "hugepages-1048576kB"));
        findings.add(tun());
        findings.add(passt());
        return findings;
    }

    private static Finding cpu() {
        List<String> info = lines(Path.of("/proc/cpuinfo"));
        String vendor = field(info, "vendor_id").orElse("unknown vendor");
        String model = field(info, "model name").orElse("unknown model");
        List<String> flags = List.of(field(info, "flags").orElse("").split(" "));
        String cpu = "CPU " + vendor + ", " + model;
        if (flags.contains("vmx")) {
            return Finding.ok(cpu + ", VT-x (vmx)");
        }
        if (flags.contains("svm")) {
            return Finding.ok(cpu + ", AMD-V (svm)");
        }
        return Finding.warn(
                cpu + ", neither VT-x nor AMD-V shown",
                "a KVM that works without them does it in software: whole kernels are slow; turn"
                        + " them on in the firmware, or nested virtualization in the outer VM");
    }

    private static Finding memory() {
        List<String> info = lines(Path.of("/proc/meminfo"));
        long availableMib = kib(info, "MemAvailable") / 1024;
        String what =
                "memory: "
                        + availableMib
                        + " MiB available of "
                        + kib(info, "MemTotal") / 1024
                        + " MiB";
        return availableMib >= LOW_MEMORY_MIB
                ? Finding.ok(what)
                : Finding.warn(what, "give guests less with --memory, or end other programs");
    }

    private static Finding hugePages(String size, String folder) {
        Path path = Path.of("/sys/kernel/mm/hugepages", folder);
        if (!Files.isDirectory(path)) {
            return Finding.warn(
                    "huge pages of " + size + ": not on this host",
                    "hugepages=" + size + " does not work here; ordinary pages do");
        }
        Path count = path.resolve("nr_hugepages");
        String free = first(path.resolve("free_hugepages")).orElse("0");
        String what = "huge pages of " + size + ": " + free + " free";
        return free.equals("0")
                ? Finding.warn(what, "for hugepages=" + size + " write a number to " + count)
                : Finding.ok(what);
    }

    private static Finding tun() {
        Path device = Path.of("/dev/net/tun");
        if (!Files.exists(device)) {
            return Finding.warn("/dev/net/tun is missing", "for tap networks: modprobe tun");
        }
        return Files.isReadable(device) && Files.isWritable(device)
                ? Finding.ok("/dev/net/tun can be read and written")
                : Finding.warn(
                        "/dev/net/tun cannot be read and written",
                        "for tap networks: run as root or get the right to it");
    }

    private static Finding passt() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, "passt"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(file -> Finding.ok("passt is " + file))
                .orElseGet(
                        () ->
                                Finding.warn(
                                        "passt is not installed",
                                        "for networks without root: install the package passt"));
    }

    private static long kib(List<String> info, String key) {
        return Long.parseLong(field(info, key).orElse("0").replace("kB", "").strip());
    }

    private static Optional<String> field(List<String> info, String key) {
        return info.stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
    }

    private static Optional<String> first(Path file) {
        return lines(file).stream().findFirst();
    }

    /** The lines of a file of the kernel's; none where it is not there. */
    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
