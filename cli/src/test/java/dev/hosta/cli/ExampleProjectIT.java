package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The project of docs/example-junit, as a user has it: a copy of its own, with what was just built
 * in a Maven repository, and nothing of either in the user's. Offline: what else it needs, the
 * build itself has used.
 */
@Timeout(400)
class ExampleProjectIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> MODULES = List.of("device-models", "hypervisor-core");

    @TempDir Path folder;

    private static String version() throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        return pom.replaceFirst("(?s).*?<version>([^<]*)</version>.*", "$1");
    }

    private void copyProject(Path to) throws IOException {
        Path from = ROOT.resolve("docs/example-junit");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path relative = from.relativize(file);
                if (!relative.startsWith("target")) {
                    Files.copy(file, to.resolve(relative));
                }
            }
        }
    }

    private void publish(Path repository, String artifact, Path file, String type)
            throws IOException {
        String version = version();
        Path place =
                Files.createDirectories(repository.resolve("dev/hosta").resolve(artifact))
                        .resolve(version);
        Files.createDirectories(place);
        Files.copy(file, place.resolve(artifact + "-" + version + "." + type));
    }

    private Path repository() throws IOException {
        Path repository = folder.resolve("repository");
        publish(repository, "hosta-parent", ROOT.resolve("pom.xml"), "pom");
        for (String module : MODULES) {
            Path at = ROOT.resolve(module);
            publish(repository, module, at.resolve("pom.xml"), "pom");
            Path jar = at.resolve("target").resolve(module + "-" + version() + ".jar");
            publish(repository, module, jar, "jar");
        }
        return repository;
    }

    private static String repositoryXml(String kind, String id, Path at) {
        return "<"
                + kind
                + "><id>"
                + id
                + "</id><url>"
                + at.toUri()
                + "</url><releases><enabled>true</enabled></releases>"
                + "<snapshots><enabled>true</enabled></snapshots></"
                + kind
                + ">";
    }

    /** Settings that know the repository, and take what the build has used for another one. */
    private Path settings(Path built) throws IOException {
        Path used =
                Path.of(
                        System.getProperty(
                                "localRepository",
                                System.getProperty("user.home") + "/.m2/repository"));
        return Files.writeString(
                folder.resolve("settings.xml"),
                "<settings><profiles><profile><id>built</id><repositories>"
                        + repositoryXml("repository", "built", built)
                        + repositoryXml("repository", "used", used)
                        + "</repositories><pluginRepositories>"
                        + repositoryXml("pluginRepository", "used", used)
                        + "</pluginRepositories></profile></profiles>"
                        + "<activeProfiles><activeProfile>built</activeProfile></activeProfiles>"
                        + "</settings>");
    }

    @Test
    void itsVerifyPasses() throws IOException, InterruptedException {
        Path project = folder.resolve("project");
        copyProject(project);
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>(List.of("mvn", "-o", "-B", "-ntp", "-s"));
        command.add(settings(repository()).toString());
        command.add("-Daether.offline.protocols=file");
        command.add("-Dmaven.repo.local=" + folder.resolve("local"));
        command.add("-Dhosta.version=" + version());
        command.add("verify");
        Process maven =
                new ProcessBuilder(command)
                        .directory(project.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            assertTrue(maven.waitFor(300, TimeUnit.SECONDS), "it goes on");
        } finally {
            maven.destroy();
        }
        String said = Files.readString(log);
        assertEquals(0, maven.exitValue(), said);
        String skipped = Files.isWritable(Path.of("/dev/kvm")) ? "1" : "[0-9]+";
        String sum = "(?s).*Tests run: 7, Failures: 0, Errors: 0, Skipped: " + skipped;
        assertTrue(said.matches(sum + "\\R.*BUILD SUCCESS.*"), said);
    }
}
