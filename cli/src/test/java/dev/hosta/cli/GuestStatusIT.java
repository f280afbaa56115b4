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

/** Every way in which a guest can end, with its status and its line, as one table. */
@RequiresKvm
class GuestStatusIT {
    /**
     * One way to end.
     *
     * @param what happens
     * @param line the command line behind {@code hosta run}
     * @param said what the first line on standard error matches; empty for none at all
     */
    private record Way(String what, String line, int status, String said) {}

    private static final List<Way> WAYS =
            List.of(
                    new Way("clean end, ACPI power-off", "end poweroff", 0, ""),
                    new Way("reset, not wanted", "--no-reboot end i8042", 0, ""),
                    new Way("own status, port 0x5f4", "status 7", 7, ""),
                    new Way("own status, debug exit 0xf4", "end debug 3", 7, ""),
                    new Way(
                            "triple fault",
                            "crash triple",
                            126,
                            "hosta: The guest crashed: triple fault"),
                    new Way(
                            "KVM internal error",
                            "crash invalid",
                            126,
                            "hosta: The guest crashed: KVM internal error: .*"),
                    new Way(
                            "kernel panic, on the console",
                            "crash panic",
                            126,
                            "hosta: The guest crashed: kernel panic: asked for"),
                    new Way(
                            "kernel panic, then a reset",
                            "crash panic reset",
                            126,
                            "hosta: The guest crashed: kernel panic: asked for"),
                    new Way(
                            "kernel panic, pvpanic 0x505",
                            "crash pvpanic",
                            126,
                            "hosta: The guest crashed: kernel panic"),
                    new Way(
                            "kernel panic, not looked for",
                            "--no-panic-watch --timeout 1s crash panic",
                            124,
                            "hosta: The guest ran past --timeout 1s; vCPU 0 at 0x[0-9a-f]+\\."),
                    new Way(
                            "hang, halted",
                            "--stall 500ms end halt",
                            123,
                            "hosta: The guest stalled, without output or progress for --stall"
                                    + " 500ms; vCPU 0 at 0x[0-9a-f]+\\."),
                    new Way(
                            "hang, spinning",
                            "--stall 500ms spin",
                            123,
                            "hosta: The guest stalled, .*"),
                    new Way(
                            "alive, past its time",
                            "--stall 1s --timeout 2s dirty 0",
                            124,
                            "hosta: The guest ran past --timeout 2s; vCPU 0 at 0x[0-9a-f]+\\."),
                    new Way(
                            "cannot be run",
                            "--kernel /nowhere",
                            125,
                            "hosta: Cannot open the kernel /nowhere.*"));

    @TempDir Path folder;

    @Test
    void everyEndHasItsStatusAndItsLine() throws IOException {
        List<String> table = new ArrayList<>();
        table.add("| the guest | hosta run | status | first line on standard error |");
        table.add("|---|---|---|---|");
        for (Way way : WAYS) {
            Launched run = Launched.hosta(folder, ("run " + way.line()).split(" "));
            String first = run.err().lines().findFirst().orElse("");
            assertEquals(way.status(), run.status(), way + ": " + run.err());
            assertTrue(first.matches(way.said()), way + ": " + run.err());
            assertEquals(
                    way.status() == 126 || way.status() == 123,
                    run.err().contains("walk of rip"),
                    way + ": " + run.err());
            table.add(
                    String.join(
                            " | ",
                            "| " + way.what(),
                            "`" + way.line() + "`",
                            "" + run.status(),
                            first + " |"));
        }
        Files.write(Path.of("target", "guest-status.md"), table);
    }
}
