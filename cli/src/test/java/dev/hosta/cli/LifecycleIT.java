package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.control.ControlClient;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.PidFile;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Guests that check their memory, saved, resumed and forked by the commands. */
@RequiresKvm
@Timeout(300)
class LifecycleIT {
    @TempDir Path folder;

    private Launched hosta(String... args) {
        return Launched.hosta(folder, args);
    }

    /** With another runtime folder, as on another host. */
    private Launched elsewhere(String input, String... args) {
        return Launched.hosta(
                folder, Map.of("HOSTA_HOME", folder.resolve("other").toString()), input, args);
    }

    @AfterEach
    void killAll() throws IOException {
        for (String home : List.of("home", "other")) {
            Path vms = folder.resolve(home).resolve("vms");
            if (!Files.exists(vms)) {
                continue;
            }
            try (Stream<Path> left = Files.list(vms)) {
                left.forEach(
                        vm ->
                                PidFile.holder(vm.resolve("lock")).stream()
                                        .mapToObj(ProcessHandle::of)
                                        .forEach(p -> p.ifPresent(ProcessHandle::destroyForcibly)));
            }
        }
    }

    private String form(String name) {
        return folder.resolve(name).toString();
    }

    private void dirty(String name, String... options) {
        List<String> line = new ArrayList<>(List.of("run", "-d", "--wait-for", "rounds 1"));
        line.addAll(List.of("--name", name, "--memory", "64M"));
        line.addAll(List.of(options));
        line.addAll(List.of("dirty", "30", "8"));
        assertOk(hosta(line.toArray(String[]::new)));
    }

    private static void assertOk(Launched run) {
        assertEquals(0, run.status(), run.err());
    }

    private static void assertFails(int status, String reason, Launched run) {
        assertEquals(status, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("hosta: ") && run.err().contains(reason), run.err());
    }

    /** The guest's own check of every page, asked for by a key. */
    private static void assertChecked(Launched console) {
        assertOk(console);
        assertTrue(console.out().contains("dirty: ok"), console.out());
        assertFalse(console.out().contains("LOST"), console.out());
    }

    private Launched quit(String name) {
        return Launched.hosta(folder, Map.of(), "q", "console", name);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(p -> p.getFileName().toString())
                    .filter(name -> name.startsWith("form"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aGuestGoesOnElsewhereAndUnderAnotherName() throws IOException {
        dirty("web1");
        Launched snapshot = hosta("snapshot", "web1", "--to", form("form1"));
        assertOk(snapshot);
        assertTrue(snapshot.out().contains("stood still for"), snapshot.out());
        Launched again = hosta("resume", form("form1"), "-d", "--name", "web2");
        assertOk(again);
        assertEquals("web2\n", again.out());
        assertFails(4, "runs already", hosta("resume", form("form1")));
        assertFails(4, "runs already", hosta("resume", form("form1"), "-d", "--name", "web2"));
        Launched suspend = hosta("suspend", "web1", "--to", form("form2"), "--json");
        assertOk(suspend);
        assertTrue(suspend.out().contains("{\"event\":\"done\""), suspend.out());
        assertFails(1, "no running VM", hosta("pause", "web1"));
        assertOk(elsewhere("", "resume", "-d", "--prefault", form("form2")));
        assertChecked(elsewhere("q", "console", "web1"));
        assertChecked(quit("web2"));
        assertEquals(List.of("form1", "form2"), names());
    }

    @Test
    void aRunSaysWhereItsGuestIsSuspendedTo() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                                Launched.LAUNCHER.toString(), "run", "--name", "web1", "dirty", "5")
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(folder.resolve("out").toFile())
                        .redirectError(folder.resolve("err").toFile());
        builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
        Process run = builder.start();
        Launched suspend = hosta("suspend", "web1", "--to", form("form"));
        for (int i = 0; suspend.status() == 1 && i < 100; i++) {
            // It has no socket yet.
            suspend = hosta("suspend", "web1", "--to", form("form"));
        }
        assertOk(suspend);
        assertTrue(run.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, run.exitValue());
        assertEquals(
                "hosta: 'web1' is suspended to " + form("form") + ".\n",
                Files.readString(folder.resolve("err")));
    }

    @Test
    void forksRunOnBesideTheFirst() {
        dirty("web1");
        assertOk(hosta("fork", "web1", "--name", "one", "-d"));
        assertOk(hosta("fork", "web1", "--name", "two", "-d"));
        assertFails(4, "runs already", hosta("fork", "web1", "--name", "two"));
        assertFails(1, "no running VM", hosta("fork", "nobody", "--name", "three"));
        // The failed one let go of the first VM.
        assertOk(hosta("snapshot", "web1", "--to", form("form")));
        for (String name : List.of("web1", "one", "two")) {
            assertChecked(quit(name));
        }
    }

    /** A disk where blocks cannot be shared. */
    private static Path makeDisk() throws IOException {
        Path disk = Files.createTempFile(Path.of("/dev/shm"), "hosta", "disk");
        disk.toFile().deleteOnExit();
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return disk;
    }

    @Test
    void aSnapshotTakesItsDiskAlongWhereAskedTo() throws IOException {
        Path disk = makeDisk();
        dirty("web1", "--disk", disk + ",format=raw");
        assertFails(1, "--copy-disks", hosta("snapshot", "web1", "--to", form("form")));
        assertFails(
                4,
                "exclude",
                hosta("snapshot", "web1", "--copy-disks", "--no-disks", "--to", form("form")));
        assertEquals(List.of(), names());
        assertOk(hosta("snapshot", "web1", "--copy-disks", "--to", form("form")));
        assertEquals(1 << 20, Files.size(folder.resolve("form/disk-disk0")));
        Files.write(disk, new byte[1 << 20]);
        assertOk(hosta("resume", "-d", form("form"), "--name", "web2"));
        assertFails(1, "disk-disk0", hosta("snapshot", "web1", "--no-disks", "--to", form("form")));
        assertChecked(quit("web1"));
        assertChecked(quit("web2"));
    }

    @Test
    void aDiskIsWrittenByOneAlone() throws IOException {
        Path disk = makeDisk();
        dirty("web1", "--disk", disk + ",format=raw");
        assertFails(1, "both would write", hosta("fork", "web1", "--name", "web2"));
        assertOk(hosta("snapshot", "web1", "--no-disks", "--to", form("form")));
        Launched twice = hosta("resume", form("form"), "--name", "web2");
        assertFails(1, disk.toString(), twice);
        assertOk(hosta("stop", "--force", "web1"));
        assertFails(5, "no disk 'x'", hosta("resume", form("form"), "--disk", "x=" + disk));
        Files.write(disk, new byte[1 << 20]);
        assertFails(5, "--accept-changed-disks", hosta("resume", form("form")));
        assertOk(hosta("resume", "-d", form("form"), "--accept-changed-disks"));
        assertChecked(quit("web1"));
    }

    @Test
    void badFormsAreRefusedInOneLine() throws IOException {
        dirty("web1");
        assertFails(1, "is no folder", hosta("suspend", "web1", "--to", form("no/form")));
        assertOk(hosta("suspend", "web1", "--to", form("form")));
        assertFails(4, "no such file", hosta("resume", form("nowhere")));
        Path manifest = folder.resolve("form/manifest.json");
        String whole = Files.readString(manifest);
        Files.writeString(manifest, whole.replaceFirst("\"hosta\":\"[^\"]*\"", "\"hosta\":\"\""));
        assertFails(4, "checksum", hosta("resume", form("form")));
        Files.writeString(manifest, newer(whole));
        assertFails(5, "newer", hosta("resume", form("form")));
        Files.writeString(manifest, whole);
        try (RandomAccessFile memory =
                new RandomAccessFile(folder.resolve("form/memory").toFile(), "rw")) {
            memory.setLength(1 << 20);
        }
        assertFails(4, "form/memory", hosta("resume", form("form")));
        assertFails(4, "form/memory", hosta("resume", "-d", form("form")));
    }

    /** As a later version would write it: another number, and a digest that fits. */
    private static String newer(String manifest) throws IOException {
        String text = manifest.replace("\"version\":1,", "\"version\":999,");
        int end = text.lastIndexOf(",\"sha256\"");
        byte[] bytes = text.substring(0, end).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        try {
            byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(bytes);
            String hex = java.util.HexFormat.of().formatHex(digest);
            return text.substring(0, end) + ",\"sha256\":\"" + hex + "\"}\n";
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    @Test
    void anInterruptTakesASaveBack() throws Exception {
        // Much to write, so that the signal comes in the middle.
        assertOk(
                hosta(
                        "run",
                        "-d",
                        "--wait-for",
                        "rounds 1",
                        "--name",
                        "web1",
                        "--memory",
                        "1G",
                        "dirty",
                        "400",
                        "400"));
        ProcessBuilder builder =
                new ProcessBuilder(
                                Launched.LAUNCHER.toString(),
                                "suspend",
                                "web1",
                                "--json",
                                "--to",
                                form("form"))
                        .redirectError(folder.resolve("err").toFile());
        builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
        Process suspend = builder.start();
        String first = suspend.inputReader().readLine();
        assertTrue(first.contains("\"event\":\"progress\""), first);
        assertOk(Launched.run(folder, Map.of(), "", List.of("kill", "-INT", suspend.pid() + "")));
        assertTrue(suspend.waitFor(60, TimeUnit.SECONDS));
        assertEquals(130, suspend.exitValue(), Files.readString(folder.resolve("err")));
        assertTrue(Files.readString(folder.resolve("err")).contains("cancelled"));
        assertEquals(List.of(), names());
        Path socket = folder.resolve("home/vms/web1").resolve(ControlClient.SOCKET);
        try (ControlClient vm = ControlClient.connect("web1", socket, Duration.ofSeconds(30))) {
            assertEquals("Running", vm.get("vm.status").get("state"));
        }
        assertChecked(quit("web1"));
    }
}
