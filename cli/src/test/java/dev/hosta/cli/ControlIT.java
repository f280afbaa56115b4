package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.PidFile;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Running VMs under the commands of other processes, and of curl. */
@RequiresKvm
@Timeout(300)
class ControlIT {
    @TempDir Path folder;

    private Launched hosta(String... args) {
        return Launched.hosta(folder, args);
    }

    private Path vms() {
        return folder.resolve("home/vms");
    }

    /** Nothing of a test outlives it, whatever went wrong. */
    @AfterEach
    void killAll() throws IOException {
        if (!Files.exists(vms())) {
            return;
        }
        try (Stream<Path> left = Files.list(vms())) {
            left.forEach(
                    vm ->
                            PidFile.holder(vm.resolve("lock"))
                                    .ifPresent(
                                            pid ->
                                                    ProcessHandle.of(pid)
                                                            .ifPresent(
                                                                    ProcessHandle
                                                                            ::destroyForcibly)));
        }
    }

    private void detach(String name, String guest) {
        Launched run = hosta("run", "-d", "--wait-for", guest, "--name", name, guest);
        assertEquals(0, run.status(), run.err());
        assertEquals(name + "\n", run.out());
    }

    private String state(String name) {
        Launched ps = hosta("ps");
        assertEquals(0, ps.status(), ps.err());
        return ps.out()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.split(" +")[1])
                .findFirst()
                .orElse("-");
    }

    @Test
    void aDetachedGuestIsPausedInspectedAndStopped() {
        detach("web1", "echo");
        assertEquals("Running", state("web1"));
        assertEquals(0, hosta("pause", "web1").status());
        assertEquals("Paused", state("web1"));
        Launched again = hosta("unpause", "web1");
        assertEquals(0, again.status(), again.err());
        Launched twice = hosta("unpause", "web1");
        assertEquals(1, twice.status());
        assertEquals("hosta: 'web1' refused vm.resume: The VM is not paused.\n", twice.err());
        Launched inspect = hosta("inspect", "--json", "web1");
        assertTrue(inspect.out().contains("\"/devices/serial0\""), inspect.out());
        assertTrue(inspect.out().contains("\"stage_two\""), inspect.out());
        Launched mapped = hosta("translate", "web1", "0x100000");
        assertEquals(0, mapped.status(), mapped.err());
        assertTrue(mapped.out().contains("guest RAM + 0x100000"), mapped.out());
        assertEquals(1, hosta("translate", "web1", "0x800000000000").status());
        // The guest knows no button, so that its time runs out.
        Launched stop = hosta("stop", "--timeout", "200ms", "web1");
        assertEquals(0, stop.status(), stop.err());
        assertEquals("-", state("web1"));
        assertEquals(1, hosta("pause", "web1").status());
    }

    @Test
    void aGuestIsDumpedAndInterrupted() throws IOException {
        detach("web1", "echo");
        Launched dump = hosta("dump", "web1", "--to", folder.resolve("core").toString());
        assertEquals(0, dump.status(), dump.err());
        assertTrue(dump.out().startsWith("web1: dump done, "), dump.out());
        assertEquals(0x7f, Files.newInputStream(folder.resolve("core")).read());
        assertEquals("Running", state("web1"));
        assertEquals(0, hosta("nmi", "web1").status());
        assertEquals(1, hosta("nmi", "nobody").status());
        // The guest ends itself at that, with its own status for an exception.
        for (int i = 0; i < 100 && !state("web1").equals("-"); i++) {
            assertTrue(i < 99);
        }
    }

    @Test
    void aConsoleShowsWhatWasThereAndTakesInput() {
        detach("web1", "echo");
        Launched console = Launched.hosta(folder, Map.of(), "two words\u0004", "console", "web1");
        assertEquals(0, console.status(), console.err());
        assertTrue(console.out().contains("echo ready"), console.out());
        assertTrue(console.out().contains("two words"), console.out());
        assertTrue(console.out().contains("echo: 10 bytes"), console.out());
    }

    @Test
    void psSweepsWhatAKilledVmLeft() throws Exception {
        detach("web1", "spin");
        int pid = PidFile.holder(vms().resolve("web1/lock")).orElseThrow();
        ProcessHandle vmm = ProcessHandle.of(pid).orElseThrow();
        vmm.destroyForcibly();
        vmm.onExit().get();
        assertTrue(Files.exists(vms().resolve("web1/api.sock")));
        assertEquals("-", state("web1"));
        assertFalse(Files.exists(vms().resolve("web1")));
    }

    @Test
    void aDetachedRunSaysWhyItFailedAndGivesTheGuestsStatus() {
        Launched missing = hosta("run", "-d", "--kernel", "/nowhere");
        assertEquals(125, missing.status());
        assertEquals("hosta: Cannot open the kernel /nowhere", missing.err().substring(0, 38));
        assertEquals(7, hosta("run", "-d", "--wait-for", "status", "status", "7").status());
    }

    private String curl(Path socket, String method, String call, String... more) {
        List<String> command =
                new ArrayList<>(List.of("curl", "-sS", "--max-time", "60", "-w", " %{http_code}"));
        command.addAll(List.of("--unix-socket", socket.toString(), "-X", method));
        command.addAll(List.of(more));
        command.add("http://localhost/api/v1/" + call);
        Launched run = Launched.run(folder, Map.of(), "", command);
        assertEquals(0, run.status(), run.err());
        return run.out();
    }

    @Test
    void curlWalksTheLifeOfAVm() throws Exception {
        Path socket = folder.resolve("ch.sock");
        ProcessBuilder builder =
                new ProcessBuilder(
                                Launched.LAUNCHER.toString(),
                                "vmm",
                                "--api-socket",
                                socket.toString())
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("vmm-log").toFile());
        builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
        Process vmm = builder.start();
        try {
            awaitFile(socket, vmm);
            assertTrue(curl(socket, "GET", "vmm.ping").endsWith(" 200"));
            assertEquals(
                    "[\"Error from API\",\"The VM is not created.\"] 404",
                    curl(socket, "GET", "vm.info"));
            for (String call : List.of("vm.boot", "vm.pause", "vm.resume", "vm.shutdown")) {
                assertTrue(curl(socket, "PUT", call).endsWith(" 404"), call);
            }
            Path kernel = Path.of("target/dist/guests/echo.elf").toAbsolutePath();
            String config =
                    "{\"cpus\":{\"boot_vcpus\":2,\"max_vcpus\":2},\"memory\":{\"size\":134217728},"
                            + "\"payload\":{\"kernel\":\""
                            + kernel
                            + "\",\"cmdline\":\"1\"},"
                            + "\"serial\":{\"mode\":\"Null\"},\"console\":{\"mode\":\"Off\"}}";
            String unknown = config.replace("\"cmdline\"", "\"host_data\"");
            assertTrue(curl(socket, "PUT", "vm.create", "-d", unknown).endsWith(" 400"));
            assertEquals(" 204", curl(socket, "PUT", "vm.create", "-d", config));
            assertTrue(curl(socket, "PUT", "vm.create", "-d", config).endsWith(" 500"));
            assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Created\""));
            for (String call : List.of("vm.pause", "vm.resume", "vm.shutdown", "vm.power-button")) {
                assertTrue(curl(socket, "PUT", call).endsWith(" 405"), call);
            }
            assertEquals(" 204", curl(socket, "PUT", "vm.boot"));
            assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Running\""));
            assertTrue(curl(socket, "GET", "vm.counters").endsWith(" 200"));
            assertTrue(curl(socket, "PUT", "vm.resume").endsWith(" 405"));
            assertEquals(" 204", curl(socket, "PUT", "vm.pause"));
            assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Paused\""));
            assertEquals(" 204", curl(socket, "PUT", "vm.resume"));
            assertEquals(" 204", curl(socket, "PUT", "vm.reboot"));
            walkSaves(socket);
            assertTrue(curl(socket, "PUT", "vm.add-fs", "-d", "{}").endsWith(" 500"));
            assertTrue(curl(socket, "PUT", "vm.info").endsWith(" 400"));
            assertTrue(curl(socket, "GET", "vm.nonsense").endsWith(" 404"));
            assertEquals(" 204", curl(socket, "PUT", "vm.shutdown"));
            assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Shutdown\""));
            assertEquals(" 204", curl(socket, "PUT", "vm.delete"));
            assertTrue(curl(socket, "GET", "vm.info").endsWith(" 404"));
            assertEquals(" 204", curl(socket, "PUT", "vmm.shutdown"));
            assertEquals(0, vmm.waitFor());
            assertTrue(Files.notExists(socket));
            assertEquals("", Files.readString(folder.resolve("vmm-log")));
        } finally {
            vmm.destroyForcibly();
        }
    }

    /** Saves the running VM, deletes it, and goes on where it was saved. */
    private void walkSaves(Path socket) throws IOException {
        String url = "file://" + folder.resolve("form");
        String to = "{\"destination_url\":\"" + url + "\"}";
        String from = "{\"source_url\":\"" + url + "\",\"prefault\":false}";
        assertTrue(curl(socket, "PUT", "vm.snapshot", "-d", "{}").endsWith(" 400"));
        assertEquals(" 204", curl(socket, "PUT", "vm.snapshot", "-d", to));
        assertTrue(curl(socket, "GET", "vm.progress").contains("\"state\":\"done\""));
        assertEquals(" 204", curl(socket, "PUT", "vm.pause"));
        assertEquals(" 204", curl(socket, "PUT", "vm.snapshot", "-d", to));
        assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Paused\""));
        assertTrue(curl(socket, "PUT", "vm.restore", "-d", from).endsWith(" 500"));
        assertEquals(" 204", curl(socket, "PUT", "vm.delete"));
        assertEquals(" 204", curl(socket, "PUT", "vm.restore", "-d", from));
        assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Paused\""));
        assertEquals(" 204", curl(socket, "PUT", "vm.resume"));
        assertTrue(curl(socket, "PUT", "vm.suspend", "-d", to).endsWith(" 200"));
        assertTrue(curl(socket, "GET", "vm.info").contains("\"state\":\"Shutdown\""));
        assertEquals(" 204", curl(socket, "PUT", "vm.delete"));
        assertEquals(" 204", curl(socket, "PUT", "vm.restore", "-d", from));
        assertEquals(" 204", curl(socket, "PUT", "vm.resume"));
        assertTrue(curl(socket, "PUT", "vm.coredump", "-d", to).endsWith(" 500"));
        String core = to.replace(url, "file://" + folder.resolve("core"));
        assertEquals(" 204", curl(socket, "PUT", "vm.coredump", "-d", core));
        assertTrue(Files.size(folder.resolve("core")) > 128 << 20);
    }

    /** curl itself tries again while nobody listens yet; only the file must be there. */
    private void awaitFile(Path socket, Process vmm) {
        List<String> command =
                List.of(
                        "curl",
                        "-sS",
                        "--retry",
                        "100",
                        "--retry-delay",
                        "1",
                        "--retry-all-errors",
                        "--unix-socket",
                        socket.toString(),
                        "http://localhost/api/v1/vmm.ping");
        Launched ready = Launched.run(folder, Map.of(), "", command);
        assertTrue(ready.status() == 0 && vmm.isAlive(), ready.err());
    }

    @Test
    void completesAndDocumentsEveryCommand() throws IOException {
        String fish = hosta("completion", "fish").out();
        String bash = hosta("completion", "bash").out();
        for (String name : Commands.NAMES) {
            assertTrue(fish.contains("-a " + name + " "), name);
            assertTrue(bash.contains(name), name);
            String page = Files.readString(Path.of("target/dist/man/man1/hosta-" + name + ".1"));
            assertTrue(page.startsWith(".TH HOSTA-") && page.contains(".SH OPTIONS"), page);
        }
        assertFalse(fish.contains("background"), "hidden options stay hidden");
    }
}
