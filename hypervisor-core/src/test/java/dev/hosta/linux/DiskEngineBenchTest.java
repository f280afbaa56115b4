package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.device.backend.BlockBackend.Result;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The engines side by side, in turns, as a device uses them: submitted and told on the device's
 * thread, with one kick for a batch. Figures are requests or MB a second, the median of rounds.
 */
@Tag("bench")
final class DiskEngineBenchTest {
    private static final int SIZE = 256 << 20;
    private static final int ROUNDS = 5;
    private static final long ROUND_NANOS = 400_000_000L;

    /** One kind of load. */
    private record Load(boolean write, boolean random, int bytes, int depth) {
        @Override
        public String toString() {
            return (random ? "random " : "sequential ")
                    + (write ? "write " : "read ")
                    + (bytes >> 10)
                    + "K depth "
                    + depth;
        }
    }

    private static final List<Load> LOADS =
            List.of(
                    new Load(false, true, 4096, 1),
                    new Load(false, true, 4096, 32),
                    new Load(true, true, 4096, 1),
                    new Load(true, true, 4096, 32),
                    new Load(false, false, 1 << 20, 4),
                    new Load(true, false, 1 << 20, 4));

    /** One round: keeps {@code depth} requests under way until its time is over. */
    private static final class Round {
        private final EventLoop loop;
        private final RawDisk disk;
        private final Load load;
        private final MemorySegment memory;
        private final Random random = new Random(7);
        private final AtomicBoolean reaping = new AtomicBoolean();
        private final Queue<Integer> free = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<Long> end = new CompletableFuture<>();
        private long ended;
        private long next;
        private int underWay;
        private boolean refilling;
        private long until;

        Round(EventLoop loop, RawDisk disk, Load load, MemorySegment memory) {
            this.loop = loop;
            this.disk = disk;
            this.load = load;
            this.memory = memory;
        }

        double perSecond() {
            long begin = System.nanoTime();
            until = begin + ROUND_NANOS;
            for (int i = 0; i < load.depth; i++) {
                free.add(i);
            }
            underWay = load.depth;
            loop.execute(this::refill);
            long count = end.join();
            return count * 1e9 / (System.nanoTime() - begin);
        }

        private void told(int slot, Result result) {
            assertEquals(Result.OK, result);
            free.add(slot);
            if (!refilling || !loop.isOwnThread()) {
                if (reaping.compareAndSet(false, true)) {
                    loop.execute(this::refill);
                }
            }
        }

        private void refill() {
            reaping.set(false);
            refilling = true;
            // As a device, which waits for the guest: what ended within the kick is the next
            // batch, but not without an end.
            for (Integer slot = free.poll(); slot != null; slot = free.poll()) {
                if (System.nanoTime() > until) {
                    underWay--;
                    if (underWay == 0) {
                        end.complete(ended);
                    }
                    continue;
                }
                ended++;
                submit(slot);
                if (free.isEmpty()) {
                    disk.kick();
                }
            }
            refilling = false;
        }

        private void submit(int slot) {
            long blocks = SIZE / load.bytes;
            long offset = (load.random ? random.nextLong(blocks) : next++ % blocks) * load.bytes;
            List<MemorySegment> at = List.of(memory.asSlice((long) slot * load.bytes, load.bytes));
            if (load.write) {
                disk.write(offset, at, result -> told(slot, result));
            } else {
                disk.read(offset, at, result -> told(slot, result));
            }
        }
    }

    @Test
    void enginesSideBySide() throws IOException {
        Path folder = DiskFolder.make();
        Path file = DiskFolder.file(folder, "bench.img", new byte[SIZE]);
        EventLoop loop = EventLoop.start("bench", (thread, e) -> e.printStackTrace());
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(4 << 20, 4096);
            for (CacheMode cache : List.of(CacheMode.NONE, CacheMode.WRITEBACK)) {
                for (Load load : LOADS) {
                    double[] threads = new double[ROUNDS];
                    double[] ring = new double[ROUNDS];
                    for (int round = -1; round < ROUNDS; round++) {
                        double a = round(loop, file, EngineChoice.THREADS, cache, load, memory);
                        double b = round(loop, file, EngineChoice.IO_URING, cache, load, memory);
                        if (round >= 0) {
                            threads[round] = a;
                            ring[round] = b;
                        }
                    }
                    Arrays.sort(threads);
                    Arrays.sort(ring);
                    System.out.printf(
                            "bench disk: %-9s %-28s threads %8.0f/s, io_uring %8.0f/s, ratio"
                                    + " %.2f%n",
                            cache.text(),
                            load,
                            threads[ROUNDS / 2],
                            ring[ROUNDS / 2],
                            ring[ROUNDS / 2] / threads[ROUNDS / 2]);
                }
            }
        } finally {
            loop.close();
            DiskFolder.delete(folder);
        }
    }

    private static double round(
            EventLoop loop,
            Path file,
            EngineChoice engine,
            CacheMode cache,
            Load load,
            MemorySegment memory) {
        try (RawDisk disk = RawDisk.open(file, false, cache, true, "bench", engine)) {
            disk.attach(loop);
            return new Round(loop, disk, load, memory).perSecond();
        }
    }
}
