package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.BlockBackend.Completion;
import dev.hosta.device.backend.BlockBackend.Result;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** Block devices of the host's as disks: loop devices over a file. */
final class BlockDeviceDiskTest {
    private static final int SIZE = 16 << 20;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final EventLoop loop = EventLoop.start("device", (thread, e) -> failures.add(e));
    private final Arena arena = Arena.ofShared();
    private final byte[] content = new byte[SIZE];
    private Path folder;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        new Random(1).nextBytes(content);
        folder = DiskFolder.make();
        file = DiskFolder.file(folder, "backing", content);
    }

    @AfterEach
    void deleteFile() throws IOException {
        loop.close();
        assertEquals(List.of(), List.copyOf(failures));
        DiskFolder.delete(folder);
        arena.close();
    }

    private Result await(RawDisk disk, Consumer<Completion> request) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        loop.execute(
                () -> {
                    request.accept(result::complete);
                    disk.kick();
                });
        return result.join();
    }

    @ParameterizedTest
    @CsvSource({"512, THREADS, NONE", "4096, IO_URING, NONE", "512, IO_URING, WRITETHROUGH"})
    void doesAllRequests(int blockBytes, EngineChoice engine, CacheMode cache) throws IOException {
        byte[] expected = content.clone();
        try (LoopDevice device = new LoopDevice(file, blockBytes)) {
            try (RawDisk disk = RawDisk.open(device.path, false, cache, true, "disk0", engine)) {
                disk.attach(loop);
                assertEquals(SIZE, disk.geometry().capacityBytes());
                assertEquals(blockBytes, disk.geometry().logicalBlockBytes());
                assertTrue(disk.geometry().physicalBlockBytes() >= blockBytes);
                List<MemorySegment> data = List.of(arena.allocate(8192, 4096).fill((byte) 7));
                assertEquals(Result.OK, await(disk, c -> disk.write(4096, data, c)));
                Arrays.fill(expected, 4096, 4096 + 8192, (byte) 7);
                List<MemorySegment> read = List.of(arena.allocate(8192, 4096));
                assertEquals(Result.OK, await(disk, c -> disk.read(8192, read, c)));
                assertArrayEquals(
                        Arrays.copyOfRange(expected, 8192, 16384),
                        read.getFirst().toArray(ValueLayout.JAVA_BYTE));
                assertEquals(
                        Result.OK, await(disk, c -> disk.writeZeroes(1 << 20, 65536, false, c)));
                assertEquals(
                        Result.OK, await(disk, c -> disk.writeZeroes(2 << 20, 65536, true, c)));
                Arrays.fill(expected, 1 << 20, (1 << 20) + 65536, (byte) 0);
                Arrays.fill(expected, 2 << 20, (2 << 20) + 65536, (byte) 0);
                assertEquals(Result.OK, await(disk, c -> disk.discard(3 << 20, 65536, c)));
                Arrays.fill(expected, 3 << 20, (3 << 20) + 65536, (byte) 0);
                assertEquals(Result.OK, await(disk, disk::flush));
            }
        }
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    @Test
    void aSecondWriterIsToldOfTheFirst() throws IOException {
        try (LoopDevice device = new LoopDevice(file, 512);
                OpenDisk writer = open(device.path, false)) {
            assertEquals(SIZE, writer.geometry().capacityBytes());
            DiskException e =
                    assertThrows(DiskException.class, () -> open(device.path, false).close());
            assertTrue(
                    e.getMessage().contains("in use by process " + PidFile.ownPid()),
                    e::getMessage);
        }
    }

    @Test
    void whatTheHostHasMountedIsOnlyRead() throws IOException {
        Path mounted = Files.createDirectory(folder.resolve("mounted"));
        try (LoopDevice device = new LoopDevice(file, 512)) {
            LoopDevice.run("mkfs.ext4", "-q", "-F", device.path.toString());
            LoopDevice.run("mount", device.path.toString(), mounted.toString());
            try {
                DiskException e =
                        assertThrows(DiskException.class, () -> open(device.path, false).close());
                assertTrue(e.getMessage().contains("the host uses it: mounted"), e::getMessage);
                assertFalse(e.getMessage().contains("\n"));
                open(device.path, true).close();
            } finally {
                LoopDevice.run("umount", mounted.toString());
            }
            open(device.path, false).close();
        }
    }

    private static OpenDisk open(Path path, boolean readOnly) {
        return OpenDisk.open(path, readOnly, CacheMode.WRITEBACK, true);
    }
}
