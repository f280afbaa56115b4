package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.machine.SpecException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

class ScriptReaderTest {
    @TempDir Path folder;

    private Script read(String text) throws IOException {
        return read(text, OptionalInt.empty());
    }

    private Script read(String text, OptionalInt cell) throws IOException {
        return ScriptReader.read(Files.writeString(folder.resolve("s.yaml"), text), "vm", cell);
    }

    /** What is said of a wrong script, behind the file's name. */
    private String complaint(String text) {
        ScriptException e = assertThrows(ScriptException.class, () -> read(text));
        String file = folder.resolve("s.yaml").toString();
        assertTrue(e.getMessage().startsWith(file), e.getMessage());
        assertTrue(e.getMessage().matches(".*[.?]"), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        return e.getMessage().substring(file.length());
    }

    private static List<String> words(Script script) {
        return assertInstanceOf(Script.Words.class, script.guest().orElseThrow()).words();
    }

    @Test
    void readsEveryStep() throws IOException {
        Script script =
                read(
                        """
                        guest: [echo, --memory, 64M]
                        timeout: 5s
                        steps:
                          - expect: 'port (?<port>\\d+)'
                          - send: ${port}\\n
                            timeout: 1m
                          - wait-for: {port: 8080}
                          - wait-for: {console: "x"}
                          - sleep-until-idle: 500ms
                          - pause
                          - unpause
                          - snapshot: a
                          - suspend: /b
                          - resume: /b
                          - fork:
                            - send: b
                            - migrate
                          - run: uname -r
                            status: 3
                            into: kernel
                          - assert: ${kernel}
                            is: 6.*
                          - power-button
                          - wait-for: {status: 7}
                          - wait-for: end
                          - wait-for: {file: "/run/${port}"}
                        finally:
                          - stop:
                        """);
        assertEquals(List.of("echo", "--memory", "64M"), words(script));
        List<Step> steps = script.steps();
        assertEquals(17, steps.size());
        assertEquals(20, script.count());
        assertTrue(script.needsAgent() && !script.isForCommands());
        assertEquals(new Step.WaitForFile(new Template("/run/${port}")), steps.get(16).action());
        assertEquals(Duration.ofSeconds(5), steps.getFirst().timeout());
        assertEquals(Duration.ofMinutes(1), steps.get(1).timeout());
        assertTrue(steps.getFirst().place().text().endsWith("s.yaml:4:5"));
        assertEquals(new Step.WaitForPort(8080), steps.get(2).action());
        assertInstanceOf(Step.Expect.class, steps.get(3).action());
        assertEquals(
                new Step.Save(Step.Saving.SNAPSHOT, folder.resolve("a")), steps.get(7).action());
        Step.Fork fork = assertInstanceOf(Step.Fork.class, steps.get(10).action());
        assertEquals(new Step.Plain(Step.Word.MIGRATE), fork.steps().get(1).action());
        Step.Run run = assertInstanceOf(Step.Run.class, steps.get(11).action());
        assertEquals(3, run.status());
        assertEquals("kernel", run.into().orElseThrow());
        assertEquals(new Step.WaitForEnd(OptionalInt.of(7)), steps.get(14).action());
        assertEquals(new Step.WaitForEnd(OptionalInt.empty()), steps.get(15).action());
        assertEquals(
                List.of(new Step.Plain(Step.Word.STOP)),
                script.last().stream().map(Step::action).toList());
    }

    @Test
    void wordsOfTheGuestMayStandOnOneLine() throws IOException {
        Script script = read("guest: status   7\nsteps: []\n");
        assertEquals(List.of("status", "7"), words(script));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "steps:\\n- expct: x|:2:3: a step has no 'expct'; did you mean 'expect'?",
                "steps:\\n- halt|:2:3: there is no step 'halt'; there are expect,",
                "steps:\\n- expect|:2:3: behind 'expect:' stands what it is about.",
                "steps:\\n- expect: 'a(b'|:2:11: this is no regular expression: Unclosed group",
                "steps:\\n- send: a ${b}|:2:9: nothing before captures 'b'; bind it",
                "steps:\\n- expect: a\\n  send: b|:2:3: a step does one thing, this one expect and",
                "steps:\\n- timeout: 5s|:2:3: a step does one thing, this one none",
                "steps:\\n- pause: 5|:2:10: 'pause' takes nothing behind it.",
                "steps:\\n- expect: a\\n  status: 5|:3:11: 'expect' takes no 'status'.",
                "steps:\\n- expect: a\\n  timeout: 5|:2:3: A time is a whole number",
                "steps:\\n- expect: a\\n  expect: b|:3:3: 'expect' is there twice",
                "steps:\\n- wait-for: {port: 0}|:2:20: a port is 1 to 65535: '0'.",
                "steps:\\n- wait-for: {status: x}|:2:22: a status is a number: 'x'.",
                "steps:\\n- wait-for: {port: 1, status: 2}|:2:13: 'wait-for' waits for one of",
                "steps:\\n- assert: x|:2:11: 'assert' wants 'is'",
                "steps:\\n- send: 'a\\\\q'|:2:9: a backslash stands before",
                "steps:\\n- expect: login:|:2:16: mapping values are not allowed here",
                "steps:\\n- expect: [a]|:2:11: 'expect' must be a text.",
                "steps: 5|:1:8: the steps must be a list",
                "steps:\\n- fork|:2:3: behind 'fork:' stands what it is about.",
                "steps:\\n- fork: x|:2:9: the steps of a fork must be a list",
                "steps:\\n- fork: [halt]|:2:10: there is no step 'halt'; there are expect,",
                "steps: &a\\n- fork: *a|:1:8: forks stand 8 deep in one another at most.",
                "guest: hello|: the key 'steps' is missing.",
                "guest: ''\\nsteps: []|:1:8: 'guest' names nothing to run",
                "matrix: 5\\nsteps: []|:1:9: 'matrix' has a key for each of what differs",
                "matrix: {a-b: [x]}\\nsteps: []|:1:10: a name has letters and digits alone.",
                "matrix: {a: []}\\nsteps: []|:1:13: there is no value for it.",
                "matrix: {a: [x, x]}\\nsteps: []|:1:17: each value has a name of its own: 'x'.",
                "matrix: {a: {x: [1]}}\\nsteps: []|:1:17: a value is a text, or keys of",
                "matrix: {a: {x: {cpus: 1}}}\\nguest: hello\\nsteps: []|:1:18: keys of the matrix",
                "matrix: {a: [x]}\\nguest: ${b}\\nsteps: []|:2:8: the matrix has no 'b'.",
                "matrix: {a: [x]}\\nbudget: {memory: 5}\\nsteps: []|:2:18: A size is",
                "matrix: {a: [x]}\\nbudget: {cpus: 0}\\nsteps: []|:2:16: cpus is 1 to",
                "budget: {cpus: 1}\\nsteps: []|:1:9: 'budget' goes with 'matrix'.",
                "guest: {kernel: a, nets: &a [*a]}\\nsteps: []|:1:26: no machine is described that",
                "config: x\\nguest: y\\nsteps: []|:1:9: 'config' stands in place of 'guest'",
                "step: []|:1:1: a script has no 'step'; did you mean 'steps'?",
                "- a|:1:1: a script must have keys: matrix, budget, guest, config, timeout,",
                "\"\"|: it is empty.",
                "a: [|:1:5: ",
                "&a [*a]|:1:1: a script must have keys"
            })
    void aMistakeIsOneLineWithItsPlace(String text, String expected) {
        String said = complaint(text.replace("\\n", "\n").replace("\\\\", "\\"));
        assertTrue(said.startsWith(expected), said);
    }

    @Test
    void aliasesThatMultiplyAreNoEndlessScript() {
        StringBuilder text = new StringBuilder("steps:\n- fork: &a0 [pause]\n");
        for (int i = 1; i < 7; i++) {
            String list = String.join(", ", Collections.nCopies(8, "{fork: *a" + (i - 1) + "}"));
            text.append("- fork: &a").append(i).append(" [").append(list).append("]\n");
        }
        String said = complaint(text.toString());
        assertTrue(said.endsWith("a script has at most 10000 steps."), said);
    }

    @Test
    void filesThatAreNoneAreNamed() {
        ScriptException e =
                assertThrows(
                        ScriptException.class,
                        () -> ScriptReader.read(folder.resolve("none"), "vm", OptionalInt.empty()));
        assertTrue(e.getMessage().endsWith("none: no such file."), e.getMessage());
    }

    @Test
    void aMachineHasTheKeysOfAConfigFile() throws IOException {
        String text =
                """
                guest:
                  kernel: bzImage
                  memory: {size: 1G, prealloc: true}
                  cpus: 2
                  append: "1"
                  disks:
                    - {path: root.img, readOnly: true}
                steps: []
                """;
        Script.Machine machine =
                assertInstanceOf(Script.Machine.class, read(text).guest().orElseThrow());
        assertEquals("vm", machine.spec().name());
        assertEquals(2, machine.spec().cpus());
        assertTrue(machine.spec().memory().prealloc());
        assertEquals("1", machine.spec().boot().commandLine());
        assertEquals(folder.resolve("bzImage"), machine.spec().boot().kernel());
        assertEquals(folder.resolve("root.img"), machine.spec().disks().getFirst().path());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kernel: a\\n  memry: 5G|, line 3, column 3: unknown key 'memry'; known are name,",
                "kernel: a\\n  cpus: two|, line 3, column 9: 'cpus' must be a whole number.",
                "kernel: a\\n  cpus: 0|, line 3, column 9: Number of vCPUs",
                "kernel: a\\n  name: -a|, line 3, column 9: A name is",
                "kernel: a\\n  name: b\\n  name: c|, line 4, column 3: the key 'name' stands there",
                "kernel: a\\n  disks: b|, line 3, column 10: 'disks' must be a list.",
                "memory: 1G|: the key 'kernel' is missing."
            })
    void aMistakeInTheMachineIsOneLineWithItsPlace(String text, String said) {
        String all = "guest:\n  " + text.replace("\\n", "\n") + "\nsteps: []\n";
        SpecException e = assertThrows(SpecException.class, () -> read(all));
        String begin = folder.resolve("s.yaml") + said;
        assertTrue(
                e.getMessage().replaceFirst("^Cannot read ", "").startsWith(begin), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }

    @Test
    void aConfigFileIsFoundBesideTheScript() throws IOException {
        assertEquals(
                List.of("--config", folder.resolve("m.json").toString()),
                words(read("config: m.json\nsteps: []\n")));
    }

    @Test
    void aMatrixHasARunForEachCombination() throws IOException {
        String text =
                """
                matrix:
                  kernel: {old: /boot/a, new: /boot/b}
                  machine:
                    small: {memory: 64M}
                    wide: {memory: 1G, cpus: 4}
                budget: {memory: 2G, cpus: 3}
                guest:
                  kernel: ${kernel}
                  cpus: 2
                steps:
                  - expect: ${kernel} ${machine}
                """;
        read(text, OptionalInt.of(0));
        Matrix matrix = ScriptReader.matrix(folder.resolve("s.yaml")).orElseThrow();
        assertEquals(2L << 30, matrix.memoryBytes().orElseThrow());
        assertEquals(
                List.of(
                        "kernel=old machine=small",
                        "kernel=old machine=wide",
                        "kernel=new machine=small",
                        "kernel=new machine=wide"),
                matrix.cells().stream().map(Matrix.Cell::title).toList());
        Script script = read(text, OptionalInt.of(3));
        assertEquals(Map.of("kernel", "/boot/b", "machine", "wide"), script.known());
        Script.Machine machine = (Script.Machine) script.guest().orElseThrow();
        assertEquals(Path.of("/boot/b"), machine.spec().boot().kernel());
        assertEquals(4, machine.spec().cpus());
        assertEquals("new-wide", script.cell().orElseThrow().fileName());
        assertEquals(
                2, ((Script.Machine) read(text, OptionalInt.of(2)).guest().get()).spec().cpus());
        assertTrue(
                ScriptReader.matrix(Files.writeString(folder.resolve("n"), "steps: []")).isEmpty());
        String many = "a%d: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]";
        String axes = String.format(many + ", " + many + ", " + many, 1, 2, 3);
        assertTrue(
                complaint("matrix: {" + axes + "}\nsteps: []\n")
                        .equals(":1:9: a matrix has at most 1000 runs, this one 1331."));
    }

    @Test
    void captureNamesOfEarlierStepsAreKnown() throws IOException {
        read("steps:\n- expect: (?<a>x)\n- expect: ${a}(?<b>y)\n- send: ${b} $${c}\n");
        assertTrue(complaint("steps:\n- send: ${a}\n- expect: (?<a>x)\n").startsWith(":2:9: "));
    }
}
