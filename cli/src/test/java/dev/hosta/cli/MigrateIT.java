package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Guests that go from one process to another by the commands. */
@RequiresKvm
@Timeout(300)
class MigrateIT {
    private static final Pattern WAITING =
            Pattern.compile("Waiting for a VM on 127\\.0\\.0\\.1:(\\d+)");

    @TempDir Path folder;
    private Path disk;
    private Optional<Process> receiver = Optional.empty();

    @BeforeEach
    void makeDisk() throws IOException {
        disk = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
    }

    @AfterEach
    void endAll() {
        hosta("stop", "web1", "--force");
        receiver.ifPresent(Process::destroyForcibly);
    }

    private Launched hosta(String... args) {
        return Launched.hosta(folder, args);
    }

    private Path out() {
        return folder.resolve("received");
    }

    private Path messages() {
        return folder.resolve("receiver-messages");
    }

    /** Starts one with a runtime folder of its own, as on another host; gives its address. */
    private String receive() throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                List.of(
                                        Launched.LAUNCHER.toString(),
                                        "receive",
                                        "--listen",
                                        "127.0.0.1:0"))
                        .redirectInput(Files.createFile(folder.resolve("nothing")).toFile())
                        .redirectOutput(out().toFile())
                        .redirectError(messages().toFile());
        builder.environment().put("HOSTA_HOME", folder.resolve("other").toString());
        receiver = Optional.of(builder.start());
        while (true) {
            Matcher found = WAITING.matcher(Files.readString(messages()));
            if (found.find()) {
                return "127.0.0.1:" + found.group(1);
            }
            if (receiver.get().waitFor(20, TimeUnit.MILLISECONDS)) {
                fail(Files.readString(messages()));
            }
        }
    }

    private Launched block(String name) {
        return hosta(
                "run",
                "-d",
                "--name",
                name,
                "--memory",
                "96M",
                "--virtio-cmdline",
                "--disk",
                disk + ",iops=400",
                "block",
                "verify",
                "bytes=4096",
                "count=2560");
    }

    @Test
    void aGuestThatWritesADiskGoesOnThere() throws Exception {
        String address = receive();
        Launched run = block("web1");
        assertEquals(0, run.status(), run.err());
        Launched migrate = hosta("migrate", "web1", address);
        assertEquals(0, migrate.status(), migrate.err());
        assertTrue(migrate.out().contains("web1 went to " + address), migrate.out());
        assertTrue(receiver.orElseThrow().waitFor(120, TimeUnit.SECONDS), "It runs for ever");
        String said = Files.readString(out(), StandardCharsets.ISO_8859_1);
        assertEquals(0, receiver.get().exitValue(), said + Files.readString(messages()));
        assertTrue(said.contains("verified 2560 requests"), said);
        assertFalse(Files.exists(folder.resolve("disk.hosta-lease")));
        assertEquals(1, hosta("inspect", "web1").status());
    }

    @Test
    void aDiskWhoseGuestIsOnItsWayIsRefused() throws Exception {
        Files.writeString(
                folder.resolve("disk.hosta-lease"),
                "hosta-lease 1 2 " + "d".repeat(32) + " handed-over\n");
        Launched run = block("web1");
        assertEquals(125, run.status(), run.out());
        assertTrue(run.err().contains("'hosta migrate NAME --resolve'"), run.err());
        Launched resolve = Launched.hosta(folder, Map.of(), "", "migrate", "web1", "--resolve");
        assertEquals(1, resolve.status(), resolve.out());
        assertTrue(resolve.err().contains("no running VM 'web1'"), resolve.err());
        assertEquals(2, hosta("migrate", "web1", "--force-source").status());
    }
}
