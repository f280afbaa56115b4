package dev.hosta.snapshot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the memory of a saved form must read as: for each chunk of 1 MiB that is not all zeros,
 * which of its pages are not, and the CRC-32C of these in their order. Zeros count alike whether
 * they are a hole or were written.
 *
 * <p>The file, little-endian:
 *
 * <pre>
 *  offset size
 *       0    8 "HOSTASUM"
 *       8    4 version, 1
 *      12    4 bytes a chunk, 1048576
 *      16    8 bytes of RAM
 *      24    8 number of entries; they follow, 40 bytes each, by chunk
 *
 *       0    4 number of the chunk: its offset divided by 1 MiB
 *       4    4 CRC-32C
 *       8   32 one bit a page, the first page's the lowest of the first byte
 * </pre>
 *
 * @param ramBytes size of RAM
 * @param chunks by number, each once
 */
record MemorySums(long ramBytes, List<Chunk> chunks) {
    /** Name in the folder. */
    static final String NAME = "memory.sums";

    static final int CHUNK_BYTES = 1 << 20;
    static final int CHUNK_WORDS = CHUNK_BYTES / 4096 / 64;

    private static final byte[] MAGIC = "HOSTASUM".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 32;
    private static final int ENTRY_BYTES = 40;

    /**
     * One chunk.
     *
     * @param number its offset divided by {@link #CHUNK_BYTES}
     * @param crc of its pages that are not zero
     * @param pages which these are
     */
    record Chunk(int number, int crc, List<Long> pages) {
        /** A chunk as it was read. */
        static Chunk of(int number, int crc, long[] pages) {
            return new Chunk(number, crc, Arrays.stream(pages).boxed().toList());
        }

        /** Number of bytes that are not zero pages. */
        long dataBytes() {
            return 4096L * pages.stream().mapToInt(Long::bitCount).sum();
        }
    }

    /** Bytes of the pages that are not zero. */
    long dataBytes() {
        return chunks.stream().mapToLong(Chunk::dataBytes).sum();
    }

    /** The chunks by their numbers. */
    Map<Integer, Chunk> byNumber() {
        Map<Integer, Chunk> map = HashMap.newHashMap(chunks.size());
        chunks.forEach(c -> map.put(c.number(), c));
        return map;
    }

    /** The file's bytes. */
    byte[] bytes() {
        int size = Math.addExact(HEADER_BYTES, Math.multiplyExact(ENTRY_BYTES, chunks.size()));
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(CHUNK_BYTES).putLong(ramBytes);
        out.putLong(chunks.size());
        for (Chunk chunk : chunks) {
            out.putInt(chunk.number()).putInt(chunk.crc());
            chunk.pages().forEach(out::putLong);
        }
        return out.array();
    }

    /**
     * Reads the file.
     *
     * @param file names it in messages
     * @param bytes all of it, which are what the manifest says
     * @param ramBytes size of RAM as the manifest says
     */
    static MemorySums read(Path file, byte[] bytes, long ramBytes) {
        return parse(bytes, ramBytes)
                .orElseThrow(
                        () ->
                                new SavedFormException.Corrupt(
                                        file, "it does not hold the sums of such a memory."));
    }

    private static Optional<MemorySums> parse(byte[] bytes, long ramBytes) {
        if (bytes.length < HEADER_BYTES || (bytes.length - HEADER_BYTES) % ENTRY_BYTES != 0) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        int count = (bytes.length - HEADER_BYTES) / ENTRY_BYTES;
        if (!Arrays.equals(magic, MAGIC)
                || in.getInt() != VERSION
                || in.getInt() != CHUNK_BYTES
                || in.getLong() != ramBytes
                || in.getLong() != count) {
            return Optional.empty();
        }
        Chunk[] chunks = new Chunk[count];
        long last = -1;
        for (int i = 0; i < count; i++) {
            int number = in.getInt();
            int crc = in.getInt();
            long[] pages = new long[CHUNK_WORDS];
            for (int word = 0; word < CHUNK_WORDS; word++) {
                pages[word] = in.getLong();
            }
            if (number <= last || (long) number * CHUNK_BYTES >= ramBytes) {
                return Optional.empty();
            }
            last = number;
            chunks[i] = Chunk.of(number, crc, pages);
        }
        return Optional.of(new MemorySums(ramBytes, List.of(chunks)));
    }
}
