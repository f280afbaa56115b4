package dev.hosta.migration;

import dev.hosta.memory.DirtySet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Sends pages of guest RAM straight out of it: runs of pages that are not zero with a sum each, and
 * ranges of such as have become zero.
 *
 * <p>The guest may run: a page that it writes while it is read is damaged on the way, and comes
 * again with the next round, since the dirty log saw the write.
 *
 * <p>Threading: one thread.
 */
final class PageSender {
    /** 64 MiB of RAM. */
    private static final int CHECK_EVERY_WORDS = 256;

    private final FrameStream stream;
    private final MemorySegment ram;
    private final Stripes stripes;
    private final PageSums sums;
    private final ByteBuffer head =
            ByteBuffer.allocateDirect(PageFrame.headBytes(PageFrame.MOST_PAGES))
                    .order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C crc = new CRC32C();
    private final MigrationProgress progress;
    private final PackingChoice choice;
    private final Optional<PagePacking> packing;
    private Pace pace;
    private long sentPages;
    private long zeroPages;
    private long runFrom;
    private int runCount;
    private long zerosFrom;
    private long zerosCount;

    /**
     * Sends out of RAM.
     *
     * @param ram native memory of whole pages
     * @param stripes of it that go by this stream
     * @param sums of what is sent; the caller's
     * @param compression whether pages may be packed
     * @param bytesPerSecond how much may be sent; 0 is without a limit
     * @param progress hears of each frame
     */
    PageSender(
            FrameStream stream,
            MemorySegment ram,
            Stripes stripes,
            PageSums sums,
            Compression compression,
            long bytesPerSecond,
            MigrationProgress progress) {
        this.stream = stream;
        this.ram = ram;
        this.stripes = stripes;
        this.choice = new PackingChoice(compression);
        this.packing =
                compression == Compression.OFF ? Optional.empty() : Optional.of(new PagePacking());
        this.pace = new Pace(bytesPerSecond);
        this.progress = progress;
        this.sums = sums;
    }

    /** From now on without a limit. */
    void hurry() {
        pace = new Pace(0);
    }

    /**
     * Sends those of this stream's pages whose bit is set: bit {@code n % 64} of word {@code n /
     * 64} is page n.
     *
     * @param check called now and then; throws to end it
     */
    void send(long[] words, Runnable check) {
        int checked = 0;
        for (int word = DirtySet.nextWord(words, 0);
                word < words.length;
                word = DirtySet.nextWord(words, word + 1)) {
            if (word - checked >= CHECK_EVERY_WORDS) {
                check.run();
                checked = word;
            }
            if (!stripes.hasWord(word)) {
                continue;
            }
            for (long bits = words[word]; bits != 0; bits &= bits - 1) {
                long page = ((long) word << 6) + Long.numberOfTrailingZeros(bits);
                if (page < sums.pageCount()) {
                    look(page);
                }
            }
        }
        flushRun();
        flushZeros();
    }

    private void look(long page) {
        if (isZero(page)) {
            flushRun();
            zeroPages++;
            if (sums.isPresent(page)) {
                sums.clear(page);
                if (zerosFrom + zerosCount != page) {
                    flushZeros();
                    zerosFrom = page;
                }
                zerosCount++;
            }
        } else {
            if (runFrom + runCount != page || runCount == PageFrame.MOST_PAGES) {
                flushRun();
                runFrom = page;
            }
            runCount++;
        }
    }

    private boolean isZero(long page) {
        MemorySegment bytes = bytes(page, 1);
        // A page equals itself moved by a word only if all words are alike.
        return bytes.get(ValueLayout.JAVA_LONG, 0) == 0
                && bytes.asSlice(8).mismatch(bytes.asSlice(0, PageFrame.PAGE_BYTES - 8)) < 0;
    }

    private MemorySegment bytes(long page, int count) {
        return ram.asSlice(page << PageFrame.PAGE_SHIFT, (long) count << PageFrame.PAGE_SHIFT);
    }

    private void flushRun() {
        if (runCount == 0) {
            return;
        }
        long bytes;
        if (packing.isEmpty()) {
            bytes = sendPlain();
        } else {
            long began = System.nanoTime();
            bytes = choice.packs() ? sendPacked(packing.get()) : sendPlain();
            choice.sent(runCount, System.nanoTime() - began);
        }
        sentPages += runCount;
        progress.sent(runCount);
        pace.sent(bytes);
        runCount = 0;
    }

    private long sendPlain() {
        ByteBuffer pages = bytes(runFrom, runCount).asByteBuffer();
        putHead(0, pages);
        stream.sendPages(FrameType.PAGES, head.flip(), pages);
        return (long) runCount << PageFrame.PAGE_SHIFT;
    }

    private long sendPacked(PagePacking by) {
        ByteBuffer packed = by.pack(bytes(runFrom, runCount));
        if (!packed.hasRemaining()) {
            return sendPlain();
        }
        long bytes = packed.remaining();
        putHead(packed.remaining(), ByteBuffer.wrap(by.plain()));
        stream.sendPages(FrameType.PACKED, head.flip(), packed);
        return bytes;
    }

    private void putHead(int packedBytes, ByteBuffer pages) {
        head.clear().putLong(runFrom).putInt(runCount).putInt(packedBytes);
        for (int i = 0; i < runCount; i++) {
            crc.reset();
            crc.update(pages.slice(i * PageFrame.PAGE_BYTES, PageFrame.PAGE_BYTES));
            int sum = (int) crc.getValue();
            head.putInt(sum);
            sums.set(runFrom + i, sum);
        }
    }

    private void flushZeros() {
        if (zerosCount > 0) {
            stream.send(FrameType.ZEROS, new PageFrame(zerosFrom, zerosCount).zeros());
            zerosCount = 0;
        }
    }

    /** Pages that were sent with their content, since the start. */
    long sentPages() {
        return sentPages;
    }

    /** Pages that were found to be zero, since the start. */
    long zeroPages() {
        return zeroPages;
    }

    /** Of all that was sent. */
    long digest() {
        return sums.digest();
    }
}
