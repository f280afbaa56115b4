package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.PidFile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

class RuntimeFolderTest {
    @TempDir Path home;

    @Test
    void isOfItsOwnerAloneAndGoneAtTheEnd() throws IOException {
        RuntimeFolder folder = RuntimeFolder.claim(home.resolve("deep/er"), "web1");
        assertEquals(home.resolve("deep/er/vms/web1"), folder.path());
        assertEquals(
                "rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())));
        Files.writeString(folder.path().resolve("log"), "lines");
        folder.close();
        folder.close();
        assertFalse(Files.exists(folder.path()));
    }

    @Test
    void refusesASecondVmOfTheName() {
        try (RuntimeFolder folder = RuntimeFolder.claim(home, "web1");
                RuntimeFolder other = RuntimeFolder.claim(home, "web2")) {
            SpecException e =
                    assertThrows(SpecException.class, () -> RuntimeFolder.claim(home, "web1"));
            assertEquals(
                    "A VM of this name runs already: name=web1, pid="
                            + PidFile.ownPid()
                            + ". Give another --name.",
                    e.getMessage());
            assertTrue(Files.exists(folder.path()) && Files.exists(other.path()));
        }
        RuntimeFolder.claim(home, "web1").close();
    }

    @Test
    void takesOverWhatAnEndedProcessLeft() throws IOException {
        Path path = Files.createDirectories(home.resolve("vms/web1"));
        Files.writeString(path.resolve("lock"), "1 left behind by a process that was killed\n");
        Files.writeString(path.resolve("api.sock"), "");
        try (RuntimeFolder folder = RuntimeFolder.claim(home, "web1")) {
            assertFalse(Files.exists(folder.path().resolve("api.sock")));
            assertEquals(PidFile.ownPid(), PidFile.holder(path.resolve("lock")).orElseThrow());
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void sweepsUpAfterThoseThatAreGoneAlone() throws IOException {
        Path dead = Files.createDirectories(home.resolve("vms/dead"));
        Files.writeString(dead.resolve("lock"), "2147483647 killed\n");
        Files.writeString(dead.resolve("config.json"), "{}");
        Path unknown = Files.createDirectories(home.resolve("vms/unknown"));
        Files.writeString(unknown.resolve("lock"), "");
        try (RuntimeFolder alive = RuntimeFolder.claim(home, "alive")) {
            RuntimeFolder.sweepDead(home);
            assertFalse(Files.exists(dead));
            assertTrue(Files.exists(unknown) && Files.exists(alive.path().resolve("lock")));
        }
        RuntimeFolder.sweepDead(home.resolve("nothing"));
    }

    @Test
    void saysWhereItCannotBeMade() throws IOException {
        Path file = Files.writeString(home.resolve("file"), "");
        SpecException e =
                assertThrows(SpecException.class, () -> RuntimeFolder.claim(file, "web1"));
        assertTrue(e.getMessage().startsWith("Cannot create " + file), e.getMessage());
        assertThrows(SpecException.class, () -> RuntimeFolder.claim(home, "../web1"));
    }

    @Test
    void oneOfManyAtATimeHoldsIt() throws Exception {
        AtomicInteger holders = new AtomicInteger();
        Callable<Integer> claims =
                () -> {
                    int claimed = 0;
                    for (int i = 0; i < 200; i++) {
                        try (RuntimeFolder folder = RuntimeFolder.claim(home, "web1")) {
                            assertEquals(1, holders.incrementAndGet(), folder.path().toString());
                            holders.decrementAndGet();
                            claimed++;
                        } catch (SpecException e) {
                            assertTrue(e.getMessage().contains("runs already"), e.getMessage());
                        }
                    }
                    return claimed;
                };
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                results.add(executor.submit(claims));
            }
            int claimed = 0;
            for (Future<Integer> result : results) {
                claimed += result.get();
            }
            assertTrue(claimed > 0);
        }
        assertFalse(Files.exists(home.resolve("vms/web1")));
    }
}
