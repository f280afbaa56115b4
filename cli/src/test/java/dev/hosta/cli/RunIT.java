package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Guests through {@code bin/hosta}: output, exit statuses, names. */
@RequiresKvm
class RunIT {
    @TempDir Path folder;

    private Launched hosta(String... args) {
        return Launched.hosta(folder, args);
    }

    private boolean nothingIsLeft() throws IOException {
        Path vms = folder.resolve("home/vms");
        if (!Files.exists(vms)) {
            return true;
        }
        try (Stream<Path> left = Files.list(vms)) {
            return left.findAny().isEmpty();
        }
    }

    @Test
    void greets() throws IOException {
        Launched run = hosta("run", "hello", "a", "b");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("Hello from ring 0."), run.out());
        assertTrue(run.out().contains("command line: a b"), run.out());
        assertEquals("", run.err());
        assertTrue(nothingIsLeft());
    }

    @ParameterizedTest
    @CsvSource({
        "7, status 7",
        "255, status 255",
        "0, end poweroff",
        "7, end debug 3",
        "0, --no-reboot end cf9"
    })
    void endsWithTheStatusOfTheContract(int status, String line) throws IOException {
        Launched run = hosta(("run " + line).split(" "));
        assertEquals(status, run.status(), run.err());
        assertEquals("", run.err());
        assertTrue(nothingIsLeft());
    }

    @ParameterizedTest
    @CsvSource({"--timeout 500ms spin", "--timeout 1s end i8042"})
    void saysThatTimeIsUp(String line) throws IOException {
        Launched run = hosta(("run " + line).split(" "));
        assertEquals(124, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("hosta: The guest ran past --timeout "), run.err());
        assertTrue(nothingIsLeft());
    }

    @ParameterizedTest
    @CsvSource({
        "--kernel /nowhere, Cannot open the kernel /nowhere",
        "--kernel /etc/passwd, Cannot load the kernel /etc/passwd",
        "--memory 9T hello, more memory than this host has"
    })
    void saysInOneLineWhyItCannotRun(String line, String expected) throws IOException {
        Launched run = hosta(("run " + line).split(" "));
        assertEquals(125, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("hosta: ") && run.err().contains(expected), run.err());
        assertTrue(nothingIsLeft());
    }

    @Test
    void startsAGuestAnewThatResetsItself() {
        Launched run = hosta("run", "--timeout", "3s", "end", "i8042");
        assertTrue(run.out().lines().filter(l -> l.startsWith("end: by i8042")).count() > 1);
    }

    @Test
    void dumpsACrash() throws IOException {
        Launched run = hosta("run", "crash");
        assertEquals(126, run.status());
        assertTrue(run.err().startsWith("hosta: The guest crashed: triple fault\n"), run.err());
        assertTrue(run.err().contains("rip    0x") && run.err().contains("walk of rip"));
        assertTrue(nothingIsLeft());
    }

    @Test
    void pipesStandardInputIn() {
        Launched run = Launched.hosta(folder, Map.of(), "two words\u0004", "run", "echo");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("two words"), run.out());
    }

    @Test
    void writesTheConsoleIntoAFile() throws IOException {
        Path log = folder.resolve("log");
        Launched run = hosta("run", "--console", "file:" + log, "hello");
        assertEquals(0, run.status(), run.err());
        assertTrue(Files.readString(log).contains("Hello from ring 0."));
        assertEquals("", run.out());
    }

    @Test
    void saysWhereTheConsolesFileCannotBeWritten() throws IOException {
        Launched run = hosta("run", "--console", "file:/nowhere/log", "hello");
        assertEquals(125, run.status());
        assertEquals(
                "hosta: Cannot write the console to /nowhere/log (No such file or directory).\n",
                run.err());
        Launched full = hosta("run", "--console", "file:/dev/full", "hello");
        assertEquals(0, full.status());
        assertEquals(
                "hosta: Cannot write the console to /dev/full: No space left on device. The guest"
                        + " runs on without it.\n",
                full.err());
        assertTrue(nothingIsLeft());
    }

    @Test
    void leavesNoFileBehindOfAGuestThatCannotRun() {
        Path log = folder.resolve("log");
        Launched run = hosta("run", "--console", "file:" + log, "--kernel", "/etc/passwd");
        assertEquals(125, run.status());
        assertFalse(Files.exists(log));
    }

    @Test
    void refusesASecondVmOfTheName() throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(Launched.LAUNCHER.toString(), "run", "--name", "web1", "spin")
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
        Process first = builder.start();
        try {
            assertTrue(first.getInputStream().read() > 0);
            Launched second = hosta("run", "--name", "web1", "hello");
            assertEquals(125, second.status());
            assertEquals(
                    "hosta: A VM of this name runs already: name=web1, pid="
                            + first.pid()
                            + ". Give another --name.\n",
                    second.err());
        } finally {
            first.destroy();
        }
        assertEquals(143, first.waitFor());
        assertTrue(nothingIsLeft());
        first = builder.start();
        try {
            assertTrue(first.getInputStream().read() > 0);
        } finally {
            first.destroyForcibly().waitFor();
        }
        assertFalse(nothingIsLeft());
        assertEquals(0, hosta("run", "--name", "web1", "hello").status());
        assertTrue(nothingIsLeft());
    }
}
