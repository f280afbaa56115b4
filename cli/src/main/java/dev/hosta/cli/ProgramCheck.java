package dev.hosta.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code hosta doctor} finds about Hosta itself: the JDK under it and its archive. */
final class ProgramCheck {
    private static final int OLDEST_JDK = 25;

    private ProgramCheck() {}

    static List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        String jdk =
                "JDK "
                        + System.getProperty("java.runtime.version")
                        + " in "
                        + System.getProperty("java.home");
        findings.add(
                Runtime.version().feature() >= OLDEST_JDK
                        ? Finding.ok(jdk)
                        : Finding.fail(jdk, "install JDK 25 or newer, or set HOSTA_JAVA_HOME"));
        String arch = System.getProperty("os.arch");
        if (!arch.equals("amd64") || !System.getProperty("os.name").equals("Linux")) {
            findings.add(
                    Finding.fail(
                            System.getProperty("os.name") + " on " + arch,
                            "Hosta runs on Linux on x86-64 alone"));
        }
        findings.add(archive());
        return findings;
    }

    private static Finding archive() {
        Path dist = Path.of(System.getProperty("hosta.dist", ""));
        Path archive = dist.resolve("hosta.aot");
        if (!Files.exists(archive)) {
            return Finding.warn(
                    "no archive of loaded classes",
                    "'mvn package' makes it; starts are slow without");
        }
        try {
            String madeFor = Files.readString(dist.resolve("java")).strip();
            String here = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            return madeFor.equals(here)
                    ? Finding.ok("archive of loaded classes, made for this JDK")
                    : Finding.warn(
                            "the archive of loaded classes is for " + madeFor,
                            "unset HOSTA_JAVA_HOME or run 'mvn package'; starts are slow without");
        } catch (IOException e) {
            return Finding.warn(
                    "the archive of loaded classes is for an unknown JDK", "run 'mvn package'");
        }
    }
}
