package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Scripts whose guests go to other processes, or have a twin there. */
@RequiresKvm
class ScriptMovesIT {
    @TempDir Path folder;

    private Launched script(String text, String... args) throws IOException {
        Path file = Files.writeString(folder.resolve("boot.yaml"), text);
        List<String> words = new ArrayList<>(List.of("run", "--script", file.toString()));
        words.addAll(List.of(args));
        return Launched.hosta(folder, words.toArray(String[]::new));
    }

    @AfterEach
    void nothingIsLeft() {
        Path vms = folder.resolve("home/vms");
        String[] left = Files.exists(vms) ? vms.toFile().list() : new String[0];
        assertEquals(List.of(), List.of(left));
    }

    @Test
    void aGuestIsForkedSentAndSavedAndTheScriptGoesWithIt() throws IOException {
        Launched run =
                script(
                        """
                        guest: echo --memory 64M
                        timeout: 60s
                        steps:
                          - expect: echo ready
                          - fork:
                            - send: "twin\\n"
                            - expect: (?<word>tw)in
                            - sleep-until-idle: 100ms
                            - pause
                            - unpause
                            - send: "\\x04"
                            - wait-for: {status: 0}
                          - send: "first ${word}\\n"
                          - expect: first tw
                          - migrate
                          - send: there\\n
                          - expect: there
                          - snapshot: snap
                          - suspend: form
                          - resume: form
                          - fork:
                            - send: again\\n
                            - expect: again
                          - migrate
                          - send: "end\\n\\x04"
                          - wait-for: {status: 0}
                        """);
        assertEquals(0, run.status(), run.err());
        assertEquals("", run.err());
        // What it shows everywhere is one console; those of forks are their own.
        assertTrue(
                run.out().startsWith("echo ready\nfirst tw\nthere\nend\necho: 20 bytes"),
                run.out());
        assertTrue(Files.exists(folder.resolve("snap/manifest.json")));
    }

    @Test
    void aGuestThatWentElsewhereKeepsItsLimitsAndItsStatus() throws IOException {
        Launched late =
                script(
                        "guest: spin\nsteps:\n- migrate\n- expect: never\n  timeout: 2m\n",
                        "--timeout",
                        "12s");
        assertEquals(124, late.status(), late.err());
        assertTrue(late.err().contains("hosta: The guest ran past --timeout 12s."), late.err());
        Launched own =
                script(
                        """
                        guest: echo
                        steps:
                          - expect: ready
                          - migrate
                          - send: "\\x04"
                        """);
        assertEquals(0, own.status(), own.err());
        assertEquals("", own.err());
    }

    @Test
    void aStepThatFailsInAForkEndsAllOfThem() throws IOException {
        Launched run =
                script(
                        """
                        guest: echo
                        steps:
                          - expect: ready
                          - fork:
                            - send: twin\\n
                            - expect: twin
                            - expect: never
                              timeout: 200ms
                          - send: first\\n
                        """);
        assertEquals(122, run.status(), run.err());
        assertTrue(run.err().contains("Step 5, expect 'never': not seen within 200ms"), run.err());
        assertTrue(run.err().endsWith("The last that the guest showed:\ntwin\n"), run.err());
    }
}
