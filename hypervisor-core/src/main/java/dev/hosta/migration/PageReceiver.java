package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Takes pages straight into guest RAM, and marks those whose content is not what their sum says
 * until they come again.
 *
 * <p>Threading: one thread.
 */
final class PageReceiver implements AutoCloseable {
    /** As many damaged pages are named at the end of a round. */
    static final int MOST_NAMED = 1 << 18;

    private final FrameStream stream;
    private final MemorySegment ram;
    private final Stripes stripes;
    private final PageSums sums;
    private final BitSet damaged = new BitSet();
    private final ByteBuffer head =
            ByteBuffer.allocateDirect(PageFrame.headBytes(PageFrame.MOST_PAGES))
                    .order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C crc = new CRC32C();

    /**
     * Receives.
     *
     * @param ram native memory of whole pages, all zeros
     * @param stripes of it that come by this stream; a page of another is refused
     */
    PageReceiver(FrameStream stream, MemorySegment ram, Stripes stripes) {
        this.stripes = stripes;
        this.stream = stream;
        this.ram = ram;
        this.sums = new PageSums(ram.byteSize() >>> PageFrame.PAGE_SHIFT);
    }

    /**
     * Takes the payload of a PAGES frame, which is on its way.
     *
     * @return how many pages came
     */
    int pages(FrameHeader header) {
        if (header.length() < PageFrame.headBytes(1)) {
            throw new MigrationException("The peer sent pages without a page.");
        }
        head.clear().limit(PageFrame.headBytes(0));
        stream.read(head);
        PageFrame frame = PageFrame.readPages(head.flip(), header.length(), sums.pageCount());
        stripes.require(frame);
        int count = (int) frame.count();
        head.limit(PageFrame.headBytes(count)).position(PageFrame.headBytes(0));
        stream.read(head);
        if (FrameHeader.sum(head.flip().duplicate()) != header.payloadSum()) {
            throw new MigrationException("The peer sent damaged sums of pages.");
        }
        ByteBuffer pages =
                ram.asSlice(frame.first() << PageFrame.PAGE_SHIFT, count * PageFrame.PAGE_BYTES)
                        .asByteBuffer();
        stream.read(pages.duplicate());
        for (int i = 0; i < count; i++) {
            crc.reset();
            crc.update(pages.slice(i * PageFrame.PAGE_BYTES, PageFrame.PAGE_BYTES));
            int sum = (int) crc.getValue();
            long page = frame.first() + i;
            sums.set(page, sum);
            damaged.set((int) page, sum != head.getInt(PageFrame.headBytes(i)));
        }
        return count;
    }

    /** Takes a ZEROS frame. Pages that never came are left alone, for they are zeros. */
    void zeros(Frame frame) {
        PageFrame zeros = PageFrame.readZeros(ByteBuffer.wrap(frame.payload()), sums.pageCount());
        stripes.require(zeros);
        for (long page = zeros.first(); page < zeros.first() + zeros.count(); page++) {
            if (sums.isPresent(page)) {
                ram.asSlice(page << PageFrame.PAGE_SHIFT, PageFrame.PAGE_BYTES).fill((byte) 0);
                sums.clear(page);
                damaged.clear((int) page);
            }
        }
    }

    /**
     * The pages whose content is not what was summed.
     *
     * @throws MigrationException where there are more than a guest's own writes explain
     */
    List<Long> damaged() {
        if (damaged.cardinality() > MOST_NAMED) {
            throw new MigrationException("The connection damages what it carries.");
        }
        List<Long> pages = new ArrayList<>();
        damaged.stream().forEach(page -> pages.add((long) page));
        return pages;
    }

    /** Of all that stands in RAM. */
    long digest() {
        return sums.digest();
    }

    @Override
    public void close() {
        sums.close();
    }
}
