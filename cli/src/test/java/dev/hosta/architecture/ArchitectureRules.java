package dev.hosta.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The house rules that a machine can keep: who may import whom, what things may be called, that the
 * public is documented, and how long a file may be.
 */
final class ArchitectureRules {
    static final int MOST_LINES = 400;

    private static final String HOSTA = "dev.hosta";
    private static final String DEVICE = "dev.hosta.device";
    private static final String VIRTIO = "dev.hosta.device.virtio";
    private static final String BUS = "dev.hosta.device.bus";

    /** Core and cli, from the bottom: a package imports only those with a lower number. */
    private static final Map<String, Integer> LEVELS =
            Map.ofEntries(
                    Map.entry("dev.hosta.linux", 0),
                    Map.entry("dev.hosta.kvm.abi", 1),
                    Map.entry("dev.hosta.kvm", 2),
                    Map.entry("dev.hosta.memory", 3),
                    Map.entry("dev.hosta.vcpu", 4),
                    Map.entry("dev.hosta.boot", 4),
                    Map.entry("dev.hosta.machine", 5),
                    Map.entry("dev.hosta.snapshot", 6),
                    Map.entry("dev.hosta.migration", 7),
                    Map.entry("dev.hosta.control", 8),
                    Map.entry("dev.hosta.script", 9),
                    Map.entry("dev.hosta.junit", 10),
                    Map.entry("dev.hosta.cli", 11));

    private static final Set<String> JNR_PACKAGES =
            Set.of("dev.hosta.linux", "dev.hosta.kvm", "dev.hosta.kvm.abi");
    private static final Set<String> JACKSON_PACKAGES =
            Set.of(
                    "dev.hosta.snapshot",
                    "dev.hosta.migration",
                    "dev.hosta.control",
                    "dev.hosta.script");

    /** The reader of machine specifications, the one place in {@code machine} that knows JSON. */
    private static final Set<String> JACKSON_TYPES =
            Set.of(
                    "dev.hosta.machine.SpecReader",
                    "dev.hosta.machine.SpecJson",
                    "dev.hosta.machine.SpecTokens",
                    "dev.hosta.machine.JsonSpecTokens");

    private static final Set<String> VIRTIO_SHARED = Set.of("abi", "queue", "transport");

    private static final Set<String> EMPTY_WORDS =
            Set.of(
                    "util",
                    "utils",
                    "utility",
                    "utilities",
                    "helper",
                    "helpers",
                    "common",
                    "commons",
                    "misc",
                    "manager",
                    "managers");

    private ArchitectureRules() {}

    /** What is wrong with a file, one line each; empty where nothing is. */
    static List<String> violations(SourceFile file) {
        List<String> found = new ArrayList<>();
        if (file.lineCount() > MOST_LINES) {
            found.add(
                    file.path()
                            + ": "
                            + file.lineCount()
                            + " lines; split what changes together, at most "
                            + MOST_LINES);
        }
        checkNames(file, found);
        if (file.production()) {
            checkPlace(file, found);
            for (SourceFile.Reference reference : file.references()) {
                String complaint = complaintAbout(file, reference);
                if (complaint != null) {
                    found.add(at(file, reference) + ": " + complaint);
                }
            }
            for (SourceFile.Reference missing : file.undocumented()) {
                found.add(at(file, missing) + ": no doc comment on " + missing.name());
            }
        }
        return found;
    }

    private static String at(SourceFile file, SourceFile.Reference reference) {
        return file.path() + ":" + reference.line();
    }

    private static void checkNames(SourceFile file, List<String> found) {
        List<String> names = new ArrayList<>(List.of(file.packageName().split("\\.")));
        names.addAll(file.typeNames());
        names.add(file.simpleName());
        for (String name : names) {
            for (String word : name.split("(?<=[a-z0-9])(?=[A-Z])|[-_]")) {
                if (EMPTY_WORDS.contains(word.toLowerCase(Locale.ROOT))) {
                    found.add(file.path() + ": " + name + " says nothing; name what it is");
                }
            }
        }
    }

    private static void checkPlace(SourceFile file, List<String> found) {
        String own = file.packageName();
        if (!own.equals(HOSTA) && !isIn(own, DEVICE) && layer(own) == null) {
            found.add(file.path() + ": package " + own + " has no place in the design");
        }
    }

    /** Why a file may not refer to a name, or null if it may. */
    private static String complaintAbout(SourceFile file, SourceFile.Reference reference) {
        String own = file.packageName();
        String target = reference.packageName();
        if (isJdk(reference.name())) {
            return null;
        }
        if (isIn(own, DEVICE) && !isIn(target, DEVICE)) {
            return own + " imports the JDK only, not " + reference.name();
        }
        if (isIn(target, HOSTA)) {
            return complaintAboutOurs(own, target, reference.name());
        }
        return complaintAboutLibrary(file, reference.name());
    }

    private static String complaintAboutOurs(String own, String target, String name) {
        if (own.equals(target)) {
            return null;
        }
        if (own.endsWith(".abi")) {
            return own + " holds constants and imports nothing of ours, not " + name;
        }
        if (isIn(own, DEVICE)) {
            return complaintAboutVirtio(own, target, name);
        }
        if (isIn(target, DEVICE)) {
            return null;
        }
        String from = layer(own);
        String to = layer(target);
        if (from == null || to == null || from.equals(to)) {
            return null;
        }
        return LEVELS.get(to) < LEVELS.get(from)
                ? null
                : own + " may import lower packages only, not " + name;
    }

    private static String complaintAboutVirtio(String own, String target, String name) {
        String device = virtioDevice(own);
        if (device == null) {
            return null;
        }
        String other = virtioDevice(target);
        boolean otherDevice = other != null && !other.equals(device);
        boolean wiring = isIn(target, VIRTIO + ".transport") || isIn(target, BUS);
        return otherDevice || wiring
                ? own + " knows neither transport, bus nor other devices, not " + name
                : null;
    }

    /** The device's package below virtio, such as {@code block}; null where it is none. */
    private static String virtioDevice(String packageName) {
        if (!packageName.startsWith(VIRTIO + ".")) {
            return null;
        }
        String below = packageName.substring(VIRTIO.length() + 1).split("\\.")[0];
        return VIRTIO_SHARED.contains(below) ? null : below;
    }

    private static String complaintAboutLibrary(SourceFile file, String name) {
        String own = file.packageName();
        boolean allowed;
        if (name.startsWith("jnr.")) {
            allowed = JNR_PACKAGES.contains(own);
        } else if (name.startsWith("com.kenai.jffi.")) {
            allowed = own.equals("dev.hosta.linux");
        } else if (name.startsWith("com.fasterxml.jackson.")) {
            allowed =
                    JACKSON_PACKAGES.contains(own)
                            || JACKSON_TYPES.contains(own + "." + file.simpleName());
        } else if (name.startsWith("org.snakeyaml.")) {
            allowed = own.equals("dev.hosta.script");
        } else if (name.startsWith("net.jpountz.lz4.")) {
            allowed = own.equals("dev.hosta.migration");
        } else if (name.startsWith("org.junit.jupiter.api.")
                || name.startsWith("org.junit.platform.commons.")
                || name.startsWith("org.opentest4j.")) {
            allowed = own.equals("dev.hosta.junit");
        } else if (name.startsWith("picocli.")) {
            allowed = isIn(own, "dev.hosta.cli");
        } else {
            allowed = false;
        }
        return allowed ? null : own + " may not use " + name;
    }

    private static String layer(String packageName) {
        String longest = null;
        for (String candidate : LEVELS.keySet()) {
            if (isIn(packageName, candidate)
                    && (longest == null || candidate.length() > longest.length())) {
                longest = candidate;
            }
        }
        return longest;
    }

    private static boolean isJdk(String name) {
        return name.startsWith("java.")
                || name.startsWith("javax.")
                || name.startsWith("jdk.")
                || name.startsWith("com.sun.");
    }

    private static boolean isIn(String packageName, String parent) {
        return packageName.equals(parent) || packageName.startsWith(parent + ".");
    }
}
