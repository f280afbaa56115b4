package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** The launcher and what needs no guest, through {@code bin/hosta} itself. */
class LauncherIT {
    @TempDir Path folder;

    private Launched hosta(String... args) {
        return Launched.hosta(folder, args);
    }

    @Test
    void showsHelpAndVersion() {
        Launched help = hosta("--help");
        assertEquals(0, help.status(), help.err());
        assertTrue(help.out().contains("run") && help.out().contains("doctor"), help.out());
        assertEquals(0, hosta("run", "--help").status());
        assertEquals(0, hosta("doctor", "--help").status());
        Launched version = hosta("--version");
        assertTrue(version.out().matches("hosta [0-9][^ ]* on JDK [0-9].*\n"), version.out());
        assertEquals("", version.err());
    }

    @Test
    void listsTheBuiltInGuestsWithOneLineEach() {
        Launched list = hosta("run", "--list");
        assertEquals(0, list.status());
        assertTrue(list.out().lines().anyMatch(l -> l.startsWith("hello: ")), list.out());
        assertTrue(list.out().lines().anyMatch(l -> l.startsWith("status N: ")), list.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    rnu               | 2   | Unknown command 'rnu'; there are run,
                    --versoin         | 2   | Unknown option: '--versoin'
                    run               | 125 | Nothing to run
                    run --cpu 2 hello | 125 | Unknown option: '--cpu'. Did you mean --cpus?
                    run helo          | 125 | There is no built-in guest 'helo'
                    doctor --jsn      | 2   | Unknown option: '--jsn'
                    """)
    void answersAMistakeWithOneLineAndAStatus(String line, int status, String expected) {
        Launched run = hosta(line.split(" "));
        assertEquals(status, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("hosta: ") && run.err().contains(expected), run.err());
        assertEquals("", run.out());
        assertFalse(Files.exists(folder.resolve("home/vms/hello")));
    }

    @Test
    void startsThroughSymbolicLinks() throws IOException {
        Path inner = Files.createSymbolicLink(folder.resolve("inner"), Launched.LAUNCHER);
        Path link = Files.createDirectory(folder.resolve("bin")).resolve("hosta");
        Files.createSymbolicLink(link, Path.of("../inner"));
        assertTrue(Files.isSymbolicLink(inner));
        Launched run = Launched.run(folder, Map.of(), "", List.of(link.toString(), "--version"));
        assertEquals(0, run.status(), run.err());
    }

    @Test
    void startsWithoutAnArchiveThatFits() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.aot"), "this is no archive");
        Launched run =
                Launched.hosta(
                        folder,
                        Map.of("HOSTA_JAVA_OPTS", "-XX:AOTCache=" + broken),
                        "",
                        "--version");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().startsWith("hosta "), run.out());
        assertEquals(1, run.out().lines().count(), run.out());
        assertEquals("", run.err());
    }

    @Test
    void saysWhatIsMissingWhereNothingIsBuilt() throws IOException {
        Path launcher = Files.createDirectories(folder.resolve("cli/bin")).resolve("hosta");
        Files.copy(Launched.LAUNCHER, launcher, StandardCopyOption.COPY_ATTRIBUTES);
        Map<String, String> noMaven =
                Map.of(
                        "PATH",
                        folder.toString(),
                        "HOSTA_JAVA_HOME",
                        System.getProperty("java.home"));
        List<String> command = List.of("/bin/sh", launcher.toString(), "run", "hello");
        Launched run = Launched.run(folder, noMaven, "", command);
        assertEquals(125, run.status());
        assertEquals(
                "hosta: not built yet, and mvn is missing. Install maven (3.8 or newer).\n",
                run.err());
        Map<String, String> noJdk =
                Map.of("PATH", folder.toString(), "HOSTA_JAVA_HOME", folder.toString());
        Launched without = Launched.run(folder, noJdk, "", command);
        assertEquals(125, without.status());
        assertEquals(
                "hosta: HOSTA_JAVA_HOME is no JDK 25 or newer: '" + folder + "'.\n", without.err());
    }

    @Test
    void refusesAJdkOfItsUsersChoiceThatIsTooOld() throws IOException {
        Path home = Files.createDirectories(folder.resolve("jdk-17/bin")).getParent();
        Path java = Files.writeString(home.resolve("bin/java"), "#!/bin/sh\nexit 3\n");
        assertTrue(java.toFile().setExecutable(true));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
        Launched run =
                Launched.hosta(folder, Map.of("HOSTA_JAVA_HOME", home.toString()), "", "doctor");
        assertEquals(1, run.status());
        assertEquals("hosta: HOSTA_JAVA_HOME is no JDK 25 or newer: '" + home + "'.\n", run.err());
    }
}
