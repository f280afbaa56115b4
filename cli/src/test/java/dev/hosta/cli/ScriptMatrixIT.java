package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Several guests by several machines, of one file. */
@RequiresKvm
class ScriptMatrixIT {
    private static final String STEPS =
            """
            timeout: 30s
            steps:
              - expect: ready
              - send: "${kernel}\\n"
              - expect: '${kernel}'
            """;

    @TempDir Path folder;

    private Launched script(String text, String... args) throws IOException {
        Path file = Files.writeString(folder.resolve("boot.yaml"), text);
        List<String> words = new ArrayList<>(List.of("run", "--script", file.toString()));
        words.addAll(List.of(args));
        return Launched.hosta(folder, words.toArray(String[]::new));
    }

    @Test
    void runsEveryCombinationAndTellsOfAll() throws IOException {
        Path log = folder.resolve("log");
        Launched run =
                script(
                        """
                        matrix:
                          kernel: {good: echo, bad: status 7, worse: crash triple}
                          machine: [--memory 64M, --memory 96M --cpus 2]
                        budget: {memory: 400M, cpus: 2}
                        guest: ${kernel} ${machine}
                        """
                                + STEPS,
                        "--console-log",
                        log.toString());
        assertEquals(126, run.status(), run.err());
        List<String> table = run.out().lines().toList();
        assertEquals(8, table.size(), run.out());
        assertTrue(table.get(0).matches("kernel +machine +memory +cpus +seconds +status"));
        assertTrue(table.get(1).matches("good +--memory 64M +64M +1 +[0-9.]+ +0"), run.out());
        assertTrue(
                table.get(2).matches("good +--memory 96M --cpus 2 +96M +2 +[0-9.]+ +0"), run.out());
        assertTrue(
                table.get(3).matches("bad .* 122 +.*boot.yaml:8:5: Step 1, .* status 7 .*"),
                run.out());
        assertTrue(table.get(6).matches("worse .* 126 .*"), run.out());
        assertTrue(
                table.get(7).matches("2 of 6 passed in .* s, at most 2 at a time\\."), run.out());
        assertTrue(Files.readString(Path.of(log + ".good---memory_64M")).contains("echo ready"));
        assertTrue(run.err().contains("hosta: ok - kernel=good machine=--memory 64M ("));
    }

    @Test
    void machinesMayBeKeysAndReportsHoldAll() throws IOException {
        Path guests = Path.of("target/dist/guests").toAbsolutePath();
        Launched run =
                script(
                        """
                        matrix:
                          kernel: [GUESTS/echo.elf, GUESTS/end.elf]
                          machine:
                            small: {memory: 64M}
                            wide: {cpus: 2}
                        guest:
                          kernel: ${kernel}
                          memory: 96M
                        steps:
                          - expect: ready
                          - assert: ${machine}
                            is: small|wide
                        """
                                .replace("GUESTS", guests.toString()),
                        "--report-format",
                        "json");
        assertEquals(122, run.status(), run.err());
        assertTrue(run.out().contains("\"run\" : \"kernel=echo.elf machine=wide\""), run.out());
        assertEquals(4, run.out().split("\"steps\" : ", -1).length - 1, run.out());
        assertTrue(run.err().contains("echo.elf  wide     96M     2 "), run.err());
    }

    @Test
    void whatCannotRunIsToldBeforeAnyDoes() throws IOException {
        Launched memory =
                script(
                        "matrix: {m: [64M, 2G]}\n"
                                + "budget: {memory: 1G}\n"
                                + "guest: echo --memory ${m}\n"
                                + "steps: []\n");
        assertEquals(125, memory.status());
        assertEquals(
                "hosta: The budget's memory, 1024M, is too little for m=2G, which takes 2144M with"
                        + " its VMM.\n",
                memory.err());
        Launched detached = script("matrix: {m: [64M]}\nguest: echo\nsteps: []\n", "--detach");
        assertEquals(125, detached.status());
        assertTrue(detached.err().contains("takes no --detach"), detached.err());
    }
}
