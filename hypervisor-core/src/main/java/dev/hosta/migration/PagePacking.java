package dev.hosta.migration;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Runs of pages as one block of LZ4 each, the block format of its reference implementation. In
 * Java: native code for the same would have to be unpacked to a file first.
 *
 * <p>Threading: one thread.
 */
final class PagePacking {
    /** The feature by which both sides agree on it. */
    static final String FEATURE = "lz4";

    /** Where less than an eighth is won, the receiver's work is not worth it. */
    private static final int WORTH_SHIFT = 3;

    private static final int MOST_BYTES = PageFrame.MOST_PAGES * PageFrame.PAGE_BYTES;

    private final byte[] plain = new byte[MOST_BYTES];
    private final LZ4Compressor compressor = LZ4Factory.safeInstance().fastCompressor();
    private final LZ4SafeDecompressor decompressor = LZ4Factory.safeInstance().safeDecompressor();
    private byte[] packed = {};
    private ByteBuffer block = ByteBuffer.allocate(0);

    /**
     * Packs pages.
     *
     * @param pages their bytes, which may change meanwhile
     * @return what they are packed to, valid until the next call; nothing where that is not worth
     *     it
     */
    ByteBuffer pack(MemorySegment pages) {
        int length = (int) pages.byteSize();
        MemorySegment.copy(pages, ValueLayout.JAVA_BYTE, 0, plain, 0, length);
        if (packed.length == 0) {
            packed = new byte[compressor.maxCompressedLength(MOST_BYTES)];
        }
        int size = compressor.compress(plain, 0, length, packed, 0, packed.length);
        return size <= length - (length >>> WORTH_SHIFT)
                ? ByteBuffer.wrap(packed, 0, size)
                : ByteBuffer.allocate(0);
    }

    /** The bytes that were packed last: a copy, which the guest does not change. */
    byte[] plain() {
        return plain;
    }

    /** Room for a block of so many bytes, up to those of a frame; used again by the next call. */
    ByteBuffer block(int length) {
        if (block.capacity() < length) {
            block = ByteBuffer.allocate(MOST_BYTES);
        }
        return block.clear().limit(length);
    }

    /**
     * Unpacks pages into RAM.
     *
     * @param from a block, from position to limit, with an array behind it
     * @throws MigrationException where it is none, or of another size
     */
    void unpack(ByteBuffer from, MemorySegment pages) {
        int length = (int) pages.byteSize();
        try {
            int size =
                    decompressor.decompress(
                            from.array(),
                            from.arrayOffset() + from.position(),
                            from.remaining(),
                            plain,
                            0,
                            length);
            if (size != length) {
                throw new MigrationException("The peer sent fewer packed pages than it said.");
            }
        } catch (LZ4Exception e) {
            throw new MigrationException("The peer sent packed pages that are none.", e);
        }
        MemorySegment.copy(plain, 0, pages, ValueLayout.JAVA_BYTE, 0, length);
    }
}
