package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A host dies between HANDED_OVER and GO, and a person decides: on whichever side is told so the
 * guest goes on, and the other one refuses to run it, also when it comes back.
 */
@RequiresKvm
@Timeout(300)
class ForcedHandOverIT {
    private static final Pattern WAITING =
            Pattern.compile("Waiting for a VM on 127\\.0\\.0\\.1:(\\d+)");
    private static final String[] RESOLVE = {"migrate", "web1", "--resolve"};

    private static final String SOURCE = "source";
    private static final String DESTINATION = "destination";

    @TempDir Path folder;
    private Path disk;
    private final List<Side> sides = new ArrayList<>();

    @BeforeEach
    void makeDisk() throws IOException {
        disk = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Side side : sides) {
            side.kill();
        }
    }

    /** A process of Hosta on one of the two hosts, each of which has a runtime folder. */
    private final class Side {
        private final Path home;
        private final Path out;
        private final Path messages;
        private final Process process;

        Side(String host, String... arguments) throws IOException {
            home = folder.resolve(host);
            out = Files.createTempFile(folder, host, ".out");
            messages = Files.createTempFile(folder, host, ".messages");
            List<String> command = new ArrayList<>(List.of(Launched.LAUNCHER.toString()));
            command.addAll(Arrays.asList(arguments));
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(Files.createTempFile(folder, host, ".in").toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(messages.toFile());
            builder.environment().put("HOSTA_HOME", home.toString());
            process = builder.start();
            sides.add(this);
        }

        Path socket() {
            return home.resolve("vms/web1/api.sock");
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        void killNow() {
            try {
                kill();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** The guest has read back all that it wrote, here and before. */
        void endsWell() throws Exception {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), "It runs for ever");
            String said = Files.readString(out, StandardCharsets.ISO_8859_1);
            assertEquals(0, process.exitValue(), said + Files.readString(messages));
            assertTrue(said.contains("verified 2560 requests"), said);
        }
    }

    private Side run() throws IOException {
        return new Side(SOURCE, guest());
    }

    private String[] guest() {
        return new String[] {
            "run",
            "--name",
            "web1",
            "--memory",
            "96M",
            "--virtio-cmdline",
            "--disk",
            disk + ",iops=400",
            "block",
            "verify",
            "bytes=4096",
            "count=2560"
        };
    }

    private static ControlClient reach(Side source) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                ControlClient vm =
                        ControlClient.connect("web1", source.socket(), Duration.ofMinutes(1));
                vm.get("vm.info");
                return vm;
            } catch (ControlException e) {
                if (System.nanoTime() - end > 0 || !source.process.isAlive()) {
                    throw e;
                }
                source.process.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    private int port(Side receiver) throws Exception {
        while (true) {
            Matcher found = WAITING.matcher(Files.readString(receiver.messages));
            if (found.find()) {
                return Integer.parseInt(found.group(1));
            }
            if (receiver.process.waitFor(20, TimeUnit.MILLISECONDS)) {
                fail(Files.readString(receiver.messages));
            }
        }
    }

    private Side receive() throws IOException {
        return new Side(DESTINATION, "receive", "--listen", "127.0.0.1:0");
    }

    private Launched on(String host, String... arguments) {
        Path home = folder.resolve(host);
        return Launched.hosta(folder, Map.of("HOSTA_HOME", home.toString()), "", arguments);
    }

    private Launched resolve(String host, String... more) {
        List<String> arguments = new ArrayList<>(Arrays.asList(RESOLVE));
        arguments.addAll(Arrays.asList(more));
        return on(host, arguments.toArray(String[]::new));
    }

    private static void migrate(Side source, CutLink link, int status) throws Exception {
        try (ControlClient vm = reach(source)) {
            String body =
                    "{\"destination_url\":\"tcp:"
                            + link.address()
                            + "\",\"hand_over_ms\":1000,\"downtime_ms\":2000}";
            ControlException e =
                    assertThrows(ControlException.class, () -> vm.ask("vm.send-migration", body));
            assertEquals(status, e.status(), e.getMessage());
        }
        assertTrue(link.isCut());
    }

    @Test
    void withTheSourceDeadTheDestinationRunsItByForceAndTheSourceNeverAgain() throws Exception {
        Side source = run();
        Side receiver = receive();
        try (CutLink link = new CutLink(port(receiver), source::killNow)) {
            migrate(source, link, 0);
        }
        Launched back = on(SOURCE, guest());
        assertEquals(125, back.status(), back.out());
        assertTrue(back.err().contains("its guest was handed over to another host"), back.err());

        Launched shown = resolve(DESTINATION);
        assertEquals(7, shown.status(), shown.err());
        assertTrue(shown.out().contains("destination READY; not settled"), shown.out());

        Launched forced = resolve(DESTINATION, "--force-destination");
        assertEquals(0, forced.status(), forced.err());
        assertTrue(forced.out().contains("it is the destination's"), forced.out());

        Launched again = on(SOURCE, guest());
        assertEquals(125, again.status(), again.out());
        assertTrue(again.err().contains("it is in use by process"), again.err());
        receiver.endsWell();
    }

    @Test
    void withTheDestinationDeadTheSourceRunsItByForceAndTheDestinationNeverAgain()
            throws Exception {
        Side source = run();
        Side receiver = receive();
        try (CutLink link = new CutLink(port(receiver), receiver::killNow)) {
            migrate(source, link, 504);
        }
        Launched shown = resolve(SOURCE);
        assertEquals(7, shown.status(), shown.err());
        assertTrue(shown.out().contains("destination unreachable"), shown.out());
        Launched unpaused = on(SOURCE, "unpause", "web1");
        assertEquals(1, unpaused.status(), unpaused.err());

        Launched forced = resolve(SOURCE, "--force-source");
        assertEquals(0, forced.status(), forced.err());
        assertTrue(forced.out().contains("it is the source's"), forced.out());

        Launched late = resolve(DESTINATION, "--force-destination");
        assertEquals(7, late.status(), late.err());
        assertTrue(late.out().contains("its process has ended with its memory"), late.out());
        source.endsWell();
        assertFalse(Files.exists(folder.resolve("disk.hosta-lease")));
    }
}
