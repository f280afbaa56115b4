package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Guests that are talked to, by the command line and by a file. */
@RequiresKvm
class ScriptIT {
    @TempDir Path folder;

    private Launched run(String... args) {
        List<String> words = new ArrayList<>(List.of("run"));
        words.addAll(List.of(args));
        return Launched.hosta(folder, words.toArray(String[]::new));
    }

    private Launched script(String text, String... args) throws IOException {
        Path file = Files.writeString(folder.resolve("boot.yaml"), text);
        List<String> words = new ArrayList<>(List.of("--script", file.toString()));
        words.addAll(List.of(args));
        return run(words.toArray(String[]::new));
    }

    @Test
    void talksInTheOrderOfTheCommandLine() {
        Launched run = run("echo", "--expect", "echo ready", "--send", "one\\n", "--expect", "one");
        assertEquals(0, run.status(), run.err());
        assertEquals("", run.err());
        assertFalse(run.out().contains("bytes"), "ended by Hosta: " + run.out());
    }

    @Test
    void awaitsTheGuestsOwnEndBehindTheLastWord() {
        Launched run = run("dirty", "0", "--expect", "tick \\d+ time", "--send", "q");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("dirty: ok"), run.out());
    }

    @Test
    void namesStepRegexAndScreenWhereTimeIsUp() {
        Launched run =
                run("echo", "--expect", "ready", "--expect", "no.*", "--expect-timeout", "1s");
        assertEquals(122, run.status(), run.err());
        assertEquals(
                "hosta: Command line: Step 2, expect 'no.*': not seen within 1s; vCPU 0 at 0x_.\n"
                        + "hosta: The last that the guest showed:\necho ready\n",
                run.err().replaceFirst("0x[0-9a-f]+", "0x_"));
    }

    @Test
    void aGuestThatEndsBeforeItsScriptFailsIt() {
        Launched run = run("status", "7", "--expect", "never");
        assertEquals(122, run.status(), run.err());
        assertTrue(
                run.err().contains("the guest ended with status 7 and had not shown that"),
                run.err());
        Launched crashed = run("crash", "--expect", "never");
        assertEquals(126, crashed.status(), crashed.err());
        assertTrue(crashed.err().contains("hosta: The guest crashed: triple fault"));
    }

    @Test
    void reportsAndKeepsTheConsole() throws IOException {
        Path log = folder.resolve("log");
        Launched tap =
                run("status", "7", "--expect", "7", "--tap", "--console-log", log.toString());
        assertEquals(0, tap.status(), tap.err());
        assertTrue(tap.out().startsWith("TAP version 14\n1..1\nok 1 - expect '7'\n"), tap.out());
        assertTrue(
                Files.readString(log).matches("\\[ *\\d+\\.\\d{6}] status: 7\n"),
                Files.readString(log));
        Path report = folder.resolve("report.xml");
        Launched junit =
                run(
                        "echo",
                        "--expect",
                        "never",
                        "--expect-timeout",
                        "1s",
                        "--report-format",
                        "junit",
                        "--report",
                        report.toString());
        assertEquals(122, junit.status(), junit.err());
        assertTrue(Files.readString(report).contains("failures=\"1\""));
        assertTrue(Files.readString(report).contains("walk of rip"), "the vCPU's registers");
        assertEquals("echo ready\n", junit.out());
    }

    @Test
    void namesAddressesBySymbols() throws IOException {
        Path map = Files.writeString(folder.resolve("map"), "0000000000100000 T everything\n");
        Launched run = run("--timeout", "500ms", "--symbols", map.toString(), "spin");
        assertEquals(124, run.status());
        assertTrue(run.err().matches("(?s).* in everything\\+0x[0-9a-f]+\\.\n"), run.err());
    }

    @Test
    void refusesAWrongRegexBeforeAnythingRuns() {
        Launched run = run("echo", "--expect", "a(b");
        assertEquals(125, run.status());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void takesTheStepsOfAFile() throws IOException {
        Launched run =
                script(
                        """
                        guest: echo --memory 512M
                        timeout: 30s
                        steps:
                          - expect: echo ready
                          - send: "say 42\\n"
                          - expect: 'say (?<n>\\d+)'
                          - assert: ${n}
                            is: '4\\d'
                          - send: again ${n}\\n
                          - expect: again ${n}
                          - sleep-until-idle: 200ms
                          - pause
                          - unpause
                          - snapshot: snap
                          - suspend: form
                          - resume: form
                          - send: after ${n}\\n
                          - expect: after 42
                          - send: "\\x04"
                          - wait-for: {status: 0}
                        finally:
                          - stop
                        """,
                        "--memory",
                        "64M");
        assertEquals(0, run.status(), run.err());
        assertEquals("", run.err());
        assertTrue(run.out().contains("echo: 26 bytes"), run.out());
        assertTrue(Files.exists(folder.resolve("snap/manifest.json")));
    }

    @Test
    void aStepThatFailsHasItsPlace() throws IOException {
        Launched run =
                script(
                        """
                        guest: status 7
                        steps:
                          - expect: 'status: (?<n>\\d)'
                          - assert: ${n}
                            is: '8'
                          - stop
                        """);
        assertEquals(122, run.status(), run.err());
        assertTrue(
                run.err()
                        .startsWith(
                                "hosta: "
                                        + folder.resolve("boot.yaml")
                                        + ":4:5: Step 2, assert '${n}' matches '8': it is '7'.\n"),
                run.err());
    }

    @Test
    void aMistakeInTheFileIsToldBeforeAnythingRuns() throws IOException {
        Launched run = script("guest: echo --memry 5\nsteps:\n- stop\n");
        assertEquals(125, run.status());
        assertTrue(
                run.err().contains("boot.yaml:1:8: Unknown option") && run.out().isEmpty(),
                run.err());
        Launched both = script("guest: echo\nsteps:\n- stop\n", "hello");
        assertEquals(125, both.status());
        assertTrue(both.err().contains("boot.yaml:1:8 name a guest."), both.err());
    }

    @Test
    void aGuestThatShowsNothingOrLivesOnIsJudged() throws IOException {
        // A jump to itself.
        Path loop = Files.write(folder.resolve("loop"), new byte[] {(byte) 0xeb, (byte) 0xfe});
        Launched silent =
                run(
                        "--kernel",
                        loop.toString(),
                        "--load-address",
                        "0x100000",
                        "--expect",
                        "x",
                        "--expect-timeout",
                        "300ms");
        assertEquals(122, silent.status(), silent.err());
        assertEquals(1, silent.err().lines().count(), silent.err());
        Launched alive = run("dirty", "0", "--expect", "tick");
        assertEquals(0, alive.status(), alive.err());
        assertEquals("", alive.err());
    }

    @Test
    void aFileThatIsNotThereIsNamed() throws IOException {
        Launched none = run("--script", folder.resolve("none.yaml").toString());
        assertEquals(125, none.status());
        assertTrue(none.err().endsWith("none.yaml: no such file.\n"), none.err());
        Launched kernel = script("guest: {kernel: nowhere}\nsteps: []\n");
        assertEquals(125, kernel.status());
        assertTrue(
                kernel.err().startsWith("hosta: Cannot open the kernel " + folder), kernel.err());
        Launched config = script("config: none.json\nsteps: []\n");
        assertEquals(125, config.status());
        assertTrue(config.err().endsWith("none.json: no such file.\n"), config.err());
        Launched saved = script("guest: echo\nsteps:\n- suspend: a\n- resume: b\n");
        assertEquals(122, saved.status(), saved.err());
        assertTrue(saved.err().contains("boot.yaml:4:3: Step 2, resume "), saved.err());
    }
}
