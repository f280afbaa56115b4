package dev.hosta.snapshot;

import dev.hosta.linux.DataRuns;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.SparseFile;
import dev.hosta.memory.FrozenRam;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The memory of a saved form: each page at its offset in RAM, pages of zeros as holes.
 *
 * <p>Threading: one save or check at a time; a check uses threads of its own.
 */
final class MemoryFile {
    /** Name in the folder. */
    static final String NAME = "memory";

    /** More threads only wait for each other's memory. */
    private static final int MOST_THREADS = 8;

    private MemoryFile() {}

    /**
     * Writes all of RAM, each page at its offset.
     *
     * @param to empty, grows to RAM's size
     * @throws LinuxException where the host fails
     * @throws CancellationException where {@code progress} says so
     */
    static MemorySums write(FrozenRam ram, FileDescriptor to, SaveProgress progress) {
        SparseFile.setSize(to, ram.sizeBytes());
        return write(ram, to, 0, progress);
    }

    /**
     * As the other, into a part of a file.
     *
     * @param to long enough; reads as zeros from {@code base} on
     * @param base where in the file RAM begins, in bytes
     */
    static MemorySums write(FrozenRam ram, FileDescriptor to, long base, SaveProgress progress) {
        long size = ram.sizeBytes();
        List<MemorySums.Chunk> chunks = new ArrayList<>();
        try (MemoryChunk buffer = new MemoryChunk()) {
            long at = ram.nextData(0);
            while (at < size) {
                long start = at & -MemorySums.CHUNK_BYTES;
                int length = (int) Math.min(MemorySums.CHUNK_BYTES, size - start);
                report(progress, start, size);
                ram.read(start, buffer.bytes(length));
                MemorySums.Chunk chunk = buffer.sum((int) (start / MemorySums.CHUNK_BYTES), length);
                if (chunk.dataBytes() > 0) {
                    chunks.add(chunk);
                    buffer.forEachRun(
                            (offset, run) -> FrozenRam.writeFully(to, base + start + offset, run));
                }
                at = ram.nextData(start + length);
            }
        }
        report(progress, size, size);
        return new MemorySums(size, chunks);
    }

    private static void report(SaveProgress progress, long done, long total) {
        if (progress.isCancelled()) {
            throw new CancellationException();
        }
        progress.report(SaveProgress.Stage.WRITING, done, total);
    }

    /**
     * Compares a file with its sums.
     *
     * @param path names the file in messages
     * @throws SavedFormException.Corrupt at the first place that differs
     */
    static void check(Path path, FileDescriptor file, MemorySums sums) {
        Checker checker = new Checker(path, file, sums.ramBytes(), sums.byNumber());
        int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            CompletableFuture<Void> part = new CompletableFuture<>();
            parts.add(part);
            Thread.ofPlatform().daemon().name("check" + i).start(() -> checker.run(part));
        }
        CompletableFuture<Void> own = new CompletableFuture<>();
        parts.add(own);
        checker.run(own);
        for (CompletableFuture<Void> part : parts) {
            try {
                part.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        }
        if (checker.seen.get() != sums.chunks().size()) {
            throw checker.corrupt("parts of it are missing");
        }
    }

    /** What the threads of one check share. */
    private static final class Checker {
        private final Path path;
        private final FileDescriptor file;
        private final long sizeBytes;
        private final Map<Integer, MemorySums.Chunk> wanted;
        private final AtomicInteger seen = new AtomicInteger();
        private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
        private long next;

        Checker(
                Path path,
                FileDescriptor file,
                long sizeBytes,
                Map<Integer, MemorySums.Chunk> wanted) {
            this.path = path;
            this.file = file;
            this.sizeBytes = sizeBytes;
            this.wanted = wanted;
        }

        /** The start of the next chunk that has data; RAM's size after the last. */
        private synchronized long take() {
            if (failure.get() != null) {
                return sizeBytes;
            }
            long data = SparseFile.nextData(file, next, sizeBytes);
            long start = data < sizeBytes ? data & -MemorySums.CHUNK_BYTES : sizeBytes;
            next = start + MemorySums.CHUNK_BYTES;
            return start;
        }

        void run(CompletableFuture<Void> done) {
            try (MemoryChunk buffer = new MemoryChunk()) {
                DataRuns runs = new DataRuns(file, sizeBytes);
                for (long at = take(); at < sizeBytes; at = take()) {
                    check(buffer, runs, at);
                }
                done.complete(null);
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
                done.completeExceptionally(e);
            }
        }

        private void check(MemoryChunk buffer, DataRuns runs, long start) {
            int length = (int) Math.min(MemorySums.CHUNK_BYTES, sizeBytes - start);
            int number = (int) (start / MemorySums.CHUNK_BYTES);
            read(buffer, runs, start, length);
            MemorySums.Chunk chunk = buffer.sum(number, length);
            if (chunk.dataBytes() == 0) {
                return;
            }
            if (!chunk.equals(wanted.get(number))) {
                throw corrupt(
                        String.format("its contents do not match their checksum at 0x%x", start));
            }
            seen.incrementAndGet();
        }

        /** Fills the buffer from the file's data; holes are not read. */
        private void read(MemoryChunk buffer, DataRuns runs, long start, int length) {
            long end = start + length;
            long at = start;
            while (at < end) {
                long data = runs.nextData(at, end);
                buffer.bytes(length).asSlice(at - start, data - at).fill((byte) 0);
                at = runs.nextHole(data, end);
                FrozenRam.readFully(
                        file, data, buffer.bytes(length).asSlice(data - start, at - data));
            }
        }

        SavedFormException corrupt(String why) {
            return new SavedFormException.Corrupt(path, why + ".");
        }
    }
}
