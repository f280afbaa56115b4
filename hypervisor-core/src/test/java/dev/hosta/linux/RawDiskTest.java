package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.backend.BlockBackend.Result;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Requests against real files, by each engine and in each cache mode. */
final class RawDiskTest {
    private static final int SIZE = 8 << 20;

    /** One way to run a disk. */
    private record Mode(EngineChoice engine, CacheMode cache) {
        Mode(EngineChoice engine) {
            this(engine, CacheMode.WRITEBACK);
        }
    }

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Arena arena = Arena.ofShared();
    private final byte[] content = new byte[SIZE];
    private final EventLoop loop = EventLoop.start("device", (thread, e) -> failures.add(e));
    private Path folder;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        new Random(1).nextBytes(content);
        folder = DiskFolder.make();
        file = DiskFolder.file(folder, "disk.img", content);
    }

    @AfterEach
    void deleteFile() throws IOException {
        loop.close();
        assertEquals(List.of(), List.copyOf(failures));
        DiskFolder.delete(folder);
        arena.close();
    }

    static Stream<EngineChoice> engines() {
        return Stream.of(EngineChoice.THREADS, EngineChoice.IO_URING);
    }

    static Stream<Mode> modes() {
        return engines()
                .flatMap(e -> Arrays.stream(CacheMode.values()).map(cache -> new Mode(e, cache)));
    }

    private RawDisk open(Mode mode) {
        return open(mode, false);
    }

    private RawDisk open(Mode mode, boolean readOnly) {
        RawDisk disk = RawDisk.open(file, readOnly, mode.cache, true, "disk0", mode.engine);
        assertEquals(mode.engine, disk.engine());
        disk.attach(loop);
        return disk;
    }

    /** What a submission needs: the call and its completion. */
    private interface Request {
        void submit(BlockBackend.Completion completion);
    }

    /** Submits as a device does: on its thread, with a kick afterwards. */
    private Result await(RawDisk disk, Request request) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        loop.execute(
                () -> {
                    request.submit(result::complete);
                    disk.kick();
                });
        return result.join();
    }

    private MemorySegment bytes(byte[] from, int offset, int length, int misalignment) {
        MemorySegment whole = arena.allocate(length + misalignment, 4096);
        MemorySegment segment = whole.asSlice(misalignment, length);
        MemorySegment.copy(from, offset, segment, ValueLayout.JAVA_BYTE, 0, length);
        return segment;
    }

    @ParameterizedTest
    @MethodSource("modes")
    void readsIntoSeveralSegments(Mode mode) {
        try (RawDisk disk = open(mode)) {
            List<MemorySegment> to =
                    List.of(arena.allocate(4096, 4096), arena.allocate(8192, 4096));
            assertEquals(Result.OK, await(disk, c -> disk.read(12288, to, c)));
            assertArrayEquals(
                    Arrays.copyOfRange(content, 12288, 12288 + 4096),
                    to.get(0).toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(
                    Arrays.copyOfRange(content, 16384, 16384 + 8192),
                    to.get(1).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private boolean isFree() {
        try (FileDescriptor fd = FileDescriptor.open(file, FileDescriptor.O_RDWR)) {
            return DiskLock.tryTake(fd, false);
        }
    }

    /** Whoever takes a guest over has all but the file before it is the guest's. */
    @ParameterizedTest
    @MethodSource("modes")
    void takesUpNothingButTheFile(Mode mode) {
        try (RawDisk disk = RawDisk.notYet(file, false, mode.cache, true, "disk0", mode.engine)) {
            disk.attach(loop);
            assertTrue(isFree());
            for (int time = 0; time < 3; time++) {
                int before = openFiles();
                disk.takeUp();
                assertEquals(before + 1, openFiles());
                assertFalse(isFree());
                MemorySegment to = arena.allocate(4096, 4096);
                assertEquals(Result.OK, await(disk, c -> disk.read(8192, List.of(to), c)));
                assertArrayEquals(
                        Arrays.copyOfRange(content, 8192, 8192 + 4096),
                        to.toArray(ValueLayout.JAVA_BYTE));
                disk.letGo();
                assertTrue(isFree());
            }
        }
    }

    private static int openFiles() {
        return Path.of("/proc/self/fd").toFile().list().length;
    }

    @ParameterizedTest
    @MethodSource("modes")
    void takesMemoryAtAnyAddressAndOfOddPieces(Mode mode) throws IOException {
        byte[] data = new byte[3 << 20];
        new Random(2).nextBytes(data);
        List<MemorySegment> pieces = new ArrayList<>();
        for (int at = 0, i = 0; at < data.length; i++) {
            int length = Math.min(data.length - at, 1 + i * 37);
            pieces.add(bytes(data, at, length, 1 + i % 7));
            at += length;
        }
        try (RawDisk disk = open(mode)) {
            assertEquals(Result.OK, await(disk, c -> disk.write(4096, pieces, c)));
            pieces.forEach(piece -> piece.fill((byte) 0));
            assertEquals(Result.OK, await(disk, c -> disk.read(4096, pieces, c)));
            assertEquals(Result.OK, await(disk, disk::flush));
        }
        byte[] read = new byte[data.length];
        int at = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, read, at, (int) piece.byteSize());
            at += (int) piece.byteSize();
        }
        assertArrayEquals(data, read);
        byte[] stored = Files.readAllBytes(file);
        assertArrayEquals(data, Arrays.copyOfRange(stored, 4096, 4096 + data.length));
        assertEquals(content[4095], stored[4095]);
        assertEquals(content[4096 + data.length], stored[4096 + data.length]);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void takesMoreSegmentsThanOneCall(EngineChoice engine) throws IOException {
        List<MemorySegment> pieces = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            pieces.add(arena.allocate(512).fill((byte) i));
        }
        try (RawDisk disk = open(new Mode(engine))) {
            assertEquals(Result.OK, await(disk, c -> disk.write(0, pieces, c)));
        }
        byte[] stored = Files.readAllBytes(file);
        for (int i = 0; i < 3000; i++) {
            assertEquals((byte) i, stored[i * 512 + 511]);
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void failsTheRequestWhereTheFileShrank(EngineChoice engine) throws IOException {
        try (RawDisk disk = open(new Mode(engine));
                RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw")) {
            other.setLength(1 << 20);
            MemorySegment to = arena.allocate(8192);
            Result result = await(disk, c -> disk.read((1 << 20) - 4096, List.of(to), c));
            assertEquals(Result.IO_ERROR, result);
            assertEquals(1, disk.errorCount());
            assertEquals(Result.OK, await(disk, c -> disk.read(0, List.of(to), c)));
        }
    }

    @ParameterizedTest
    @MethodSource("modes")
    void zeroesRanges(Mode mode) throws IOException {
        Result discarded;
        try (RawDisk disk = open(mode)) {
            assertEquals(Result.OK, await(disk, c -> disk.writeZeroes(4096, 2 << 20, false, c)));
            assertEquals(Result.OK, await(disk, c -> disk.writeZeroes(4 << 20, 1 << 20, true, c)));
            discarded = await(disk, c -> disk.discard(6 << 20, 1 << 20, c));
            assertTrue(discarded == Result.OK || discarded == Result.UNSUPPORTED);
        }
        byte[] expected = content.clone();
        Arrays.fill(expected, 4096, 4096 + (2 << 20), (byte) 0);
        Arrays.fill(expected, 4 << 20, 5 << 20, (byte) 0);
        if (discarded == Result.OK) {
            Arrays.fill(expected, 6 << 20, 7 << 20, (byte) 0);
        }
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    @ParameterizedTest
    @MethodSource("engines")
    void givesSpaceBack(EngineChoice engine) throws IOException {
        try (RawDisk disk = open(new Mode(engine))) {
            assertEquals(Result.OK, await(disk, disk::flush));
            Result result = await(disk, c -> disk.discard(0, SIZE, c));
            assumeTrue(result == Result.OK, "the build's file system cannot punch holes");
            assertEquals(SIZE, Files.size(file));
            assertTrue(allocatedBytes() < SIZE / 8, "still allocated: " + allocatedBytes());
        }
    }

    private long allocatedBytes() throws IOException {
        Process du = new ProcessBuilder("du", "-B1", file.toString()).start();
        return Long.parseLong(new String(du.getInputStream().readAllBytes()).split("\\s")[0]);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void readOnlyRefusesEveryChange(EngineChoice engine) throws IOException {
        try (RawDisk disk = open(new Mode(engine), true)) {
            MemorySegment data = arena.allocate(512);
            assertTrue(disk.isReadOnly());
            assertEquals(Result.IO_ERROR, await(disk, c -> disk.write(0, List.of(data), c)));
            assertEquals(Result.IO_ERROR, await(disk, c -> disk.discard(0, 512, c)));
            assertEquals(Result.IO_ERROR, await(disk, c -> disk.writeZeroes(0, 512, true, c)));
            assertEquals(Result.OK, await(disk, disk::flush));
            assertEquals(Result.OK, await(disk, c -> disk.read(0, List.of(data), c)));
        }
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void tellsItsShape() {
        try (RawDisk disk = open(new Mode(EngineChoice.THREADS))) {
            assertEquals(SIZE, disk.geometry().capacityBytes());
            assertEquals(512, disk.geometry().logicalBlockBytes());
            assertEquals("disk0", disk.serial());
            assertTrue(disk.hasWriteCache());
        }
        try (RawDisk disk = open(new Mode(EngineChoice.IO_URING, CacheMode.WRITETHROUGH))) {
            assertFalse(disk.hasWriteCache());
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void drainWaitsForAllThatWasSubmitted(EngineChoice engine) {
        try (RawDisk disk = open(new Mode(engine))) {
            AtomicInteger done = new AtomicInteger();
            MemorySegment to = arena.allocate(65536);
            loop.call(
                    () -> {
                        for (int i = 0; i < 500; i++) {
                            disk.read(
                                    (i % 100) * 65536L,
                                    List.of(to),
                                    result -> done.incrementAndGet());
                        }
                    });
            disk.drain();
            assertEquals(500, done.get());
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void closeIsIdempotentAndFinishesWhatIsQueued(EngineChoice engine) {
        RawDisk disk = open(new Mode(engine));
        AtomicInteger done = new AtomicInteger();
        loop.call(
                () -> {
                    for (int i = 0; i < 50; i++) {
                        disk.flush(result -> done.incrementAndGet());
                    }
                });
        disk.close();
        disk.close();
        assertEquals(50, done.get());
    }
}
