package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.DiskException;
import dev.hosta.machine.DiskLease.Stage;
import dev.hosta.machine.DiskLease.Terms;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Of decisions that rely on the same lease, one succeeds. */
final class DiskLeaseTest {
    private static final String A = "a".repeat(32);
    private static final String B = "b".repeat(32);

    @TempDir Path folder;
    private Path disk;
    private Path file;

    @BeforeEach
    void makeDisk() throws IOException {
        disk = Files.write(folder.resolve("disk"), new byte[4096]);
        file = folder.resolve("disk" + DiskLease.SUFFIX);
    }

    private DiskLease lease() {
        return new DiskLease(disk);
    }

    @Test
    void generationsCountUp() {
        assertEquals(Optional.empty(), lease().read());
        Terms first = lease().advance(Optional.empty(), A, Stage.OFFERED);
        assertEquals(new Terms(1, A, Stage.OFFERED), first);
        Terms second = lease().advance(Optional.of(first), B, Stage.HANDED_OVER);
        assertEquals(new Terms(2, B, Stage.HANDED_OVER), second);
        assertEquals(Optional.of(second), lease().read());
        lease().remove(second);
        assertFalse(Files.exists(file));
    }

    @Test
    void whoReliesOnWhatIsNoMoreFails() {
        Terms first = lease().advance(Optional.empty(), A, Stage.HANDED_OVER);
        Terms second = lease().advance(Optional.of(first), A, Stage.RUNNING);
        assertThrows(DiskException.class, () -> lease().remove(first));
        assertThrows(
                DiskException.class, () -> lease().advance(Optional.of(first), B, Stage.RUNNING));
        assertThrows(
                DiskException.class, () -> lease().advance(Optional.empty(), B, Stage.RUNNING));
        assertEquals(Optional.of(second), lease().read());
        lease().remove(second);
        assertThrows(DiskException.class, () -> lease().remove(second));
    }

    @Test
    void ofManyWhoDecideAtOnceOneDoes() throws IOException {
        Terms first = lease().advance(Optional.empty(), A, Stage.HANDED_OVER);
        AtomicInteger decided = new AtomicInteger();
        IntStream.range(0, 16)
                .parallel()
                .forEach(
                        i -> {
                            try {
                                lease().advance(Optional.of(first), B, Stage.RUNNING);
                                decided.incrementAndGet();
                            } catch (DiskException e) {
                                assertTrue(e.getMessage().contains("decided"), e.getMessage());
                            }
                        });
        assertEquals(1, decided.get());
        assertEquals(Optional.of(new Terms(2, B, Stage.RUNNING)), lease().read());
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void aLinkLeadsToTheLeaseOfTheDiskItself() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
        Terms terms = new DiskLease(link).advance(Optional.empty(), A, Stage.OFFERED);
        assertEquals(Optional.of(terms), lease().read());
    }

    @Test
    void aGuestOnItsWayKeepsOthersOff() {
        Terms terms = lease().advance(Optional.empty(), A, Stage.HANDED_OVER);
        DiskException e = assertThrows(DiskException.class, () -> lease().requireFree());
        assertTrue(e.getMessage().contains("--resolve"), e.getMessage());
        assertEquals(Optional.of(terms), lease().read());
    }

    @ParameterizedTest
    @EnumSource(
            value = Stage.class,
            names = {"OFFERED", "RUNNING"})
    void whatAnEndedGuestLeftIsTakenAway(Stage stage) {
        lease().advance(Optional.empty(), A, stage);
        lease().requireFree();
        assertFalse(Files.exists(file));
        lease().requireFree();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "hosta-lease 1 1 aa running\n",
                "hosta-lease 1 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa running\n",
                "hosta-lease 1 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa gone\n",
                "hosta-lease 1 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa running",
                "hosta-lease 2 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa running\n"
            })
    void damagedOnesAreRefused(String text) throws IOException {
        Files.writeString(file, text);
        assertThrows(DiskException.class, () -> lease().read());
        assertThrows(DiskException.class, () -> lease().requireFree());
    }
}
