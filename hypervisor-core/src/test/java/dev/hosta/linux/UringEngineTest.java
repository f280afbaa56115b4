package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.BlockBackend.Result;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What is the ring's own: more requests than it has room for, its thread, its end. */
@Timeout(60)
final class UringEngineTest {
    private static final int BLOCK = 512;
    private static final int BLOCKS = 10_000;

    private final Arena arena = Arena.ofShared();
    private final EventLoop loop = EventLoop.start("device", (thread, e) -> e.printStackTrace());
    private Path folder;
    private Path file;

    /** Each block begins with its number. */
    @BeforeEach
    void makeFile() throws IOException {
        ByteBuffer content = ByteBuffer.allocate(1 << 23).order(ByteOrder.LITTLE_ENDIAN);
        for (int block = 0; block * BLOCK < content.capacity(); block++) {
            content.putInt(block * BLOCK, block);
        }
        folder = DiskFolder.make();
        file = DiskFolder.file(folder, "disk.img", content.array());
    }

    @AfterEach
    void deleteFile() throws IOException {
        loop.close();
        DiskFolder.delete(folder);
        arena.close();
    }

    private RawDisk open(CacheMode cache) {
        RawDisk disk = RawDisk.open(file, false, cache, true, "disk0", EngineChoice.IO_URING);
        disk.attach(loop);
        return disk;
    }

    /**
     * Reads one block after the other at once, each to {@code misalignment} in a place of its own.
     */
    private MemorySegment readAll(RawDisk disk, int count, int misalignment, Runnable told) {
        MemorySegment memory = arena.allocate((count + 1L) * BLOCK, 4096);
        for (int block = 0; block < count; block++) {
            MemorySegment to = memory.asSlice((long) block * BLOCK + misalignment, BLOCK);
            disk.read(
                    (long) block * BLOCK,
                    List.of(to),
                    result -> {
                        assertEquals(Result.OK, result);
                        told.run();
                    });
        }
        return memory;
    }

    private static void assertNumbered(MemorySegment memory, int count, int misalignment) {
        for (int block = 0; block < count; block++) {
            long at = (long) block * BLOCK + misalignment;
            assertEquals(block, memory.get(ValueLayout.JAVA_INT_UNALIGNED, at));
        }
    }

    @Test
    void takesManyMoreRequestsThanTheRingHasPlaces() throws InterruptedException {
        for (CacheMode cache : List.of(CacheMode.WRITEBACK, CacheMode.NONE)) {
            try (RawDisk disk = open(cache)) {
                CountDownLatch told = new CountDownLatch(BLOCKS);
                MemorySegment[] memory = new MemorySegment[1];
                loop.call(
                        () -> {
                            memory[0] = readAll(disk, BLOCKS, 0, told::countDown);
                            disk.kick();
                        });
                told.await();
                assertNumbered(memory[0], BLOCKS, 0);
            }
        }
    }

    @Test
    void requestsWaitForBuffers() throws InterruptedException {
        int count = 100;
        try (RawDisk disk = open(CacheMode.NONE)) {
            CountDownLatch told = new CountDownLatch(count);
            MemorySegment[] memory = new MemorySegment[1];
            loop.call(
                    () -> {
                        memory[0] = readAll(disk, count, 1, told::countDown);
                        disk.kick();
                    });
            told.await();
            assertNumbered(memory[0], count, 1);
        }
    }

    @Test
    void closingFinishesWhatIsUnderWay() {
        RawDisk disk = open(CacheMode.NONE);
        AtomicInteger told = new AtomicInteger();
        loop.call(
                () -> {
                    readAll(disk, 1000, 0, told::incrementAndGet);
                    disk.kick();
                    readAll(disk, 1000, 1, told::incrementAndGet);
                });
        disk.close();
        assertEquals(2000, told.get());
        loop.call(
                () ->
                        assertThrows(
                                IllegalStateException.class,
                                () -> disk.flush(result -> told.incrementAndGet())));
    }

    @Test
    void refusesOtherThreads() {
        try (RawDisk disk = open(CacheMode.WRITEBACK)) {
            assertThrows(IllegalStateException.class, () -> disk.flush(result -> {}));
        }
    }

    @Test
    void closesWithoutEverHavingHadAThread() {
        RawDisk disk =
                RawDisk.open(
                        file, false, CacheMode.WRITEBACK, true, "disk0", EngineChoice.IO_URING);
        disk.drain();
        disk.close();
        open(CacheMode.WRITEBACK).close();
    }

    @Test
    void saysWhatTheKernelRefused() {
        LinuxException e = assertThrows(LinuxException.class, () -> IoUring.create(1 << 30));
        assertEquals(Errno.EINVAL, e.errno());
        assertTrue(e.getMessage().startsWith("Cannot use io_uring: io_uring_setup failed"));
    }
}
