package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Saves to a file system that is too small for them. */
@RequiresKvm
@Timeout(120)
final class FullDiskTest {
    @TempDir Path folder;
    private Path small;

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small.toString()) == 0,
                "Only who may mount can try a full disk");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        run("umount", small.toString());
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(small)) {
            return files.toList();
        }
    }

    @Test
    void aFullDiskLeavesTheEarlierFormAndARunningGuest() throws IOException {
        Path form = small.resolve("form");
        try (TestGuest little = new TestGuest(TestGuest.spec("echo", "", 1, 16L << 20))) {
            little.machine.start();
            little.await("echo ready");
            SavedForm.write(little.machine, form, SaveOptions.SNAPSHOT, SaveProgress.NONE);
        }
        String id = SavedForm.read(form).id();
        try (TestGuest guest = new TestGuest(TestGuest.spec("dirty", "100 16", 1, 32L << 20))) {
            guest.machine.start();
            guest.await("rounds 1");
            for (SaveOptions options : List.of(SaveOptions.SNAPSHOT, SaveOptions.SUSPEND)) {
                SaveException full =
                        assertThrows(
                                SaveException.class,
                                () ->
                                        SavedForm.write(
                                                guest.machine, form, options, SaveProgress.NONE));
                assertTrue(full.getMessage().contains("no space is left"), full.getMessage());
                assertEquals(MachinePhase.RUNNING, guest.machine.phase());
                assertEquals(List.of(form), files());
                assertEquals(id, SavedForm.read(form).id());
            }
            guest.send("q");
            assertEquals(0, guest.status(), guest.said());
        }
    }
}
