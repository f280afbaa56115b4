package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Takes pages straight into guest RAM, and marks those whose content is not what their sum says
 * until they come again.
 *
 * <p>Threading: one thread.
 */
final class PageReceiver {
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
    private final boolean mayBePacked;
    private Optional<PagePacking> packing = Optional.empty();
    private final CRC32C crc = new CRC32C();

    /**
     * Receives.
     *
     * @param ram native memory of whole pages, all zeros
     * @param stripes of it that come by this stream; a page of another is refused
     * @param sums of what comes; the caller's
     * @param mayBePacked whether that was agreed on
     */
    PageReceiver(
            FrameStream stream,
            MemorySegment ram,
            Stripes stripes,
            PageSums sums,
            boolean mayBePacked) {
        this.mayBePacked = mayBePacked;
        this.stripes = stripes;
        this.stream = stream;
        this.ram = ram;
        this.sums = sums;
    }

    /**
     * Takes the payload of a PAGES or PACKED frame, which is on its way.
     *
     * @return how many pages came
     */
    int pages(FrameHeader header) {
        boolean packed = header.type() == FrameType.PACKED;
        if (packed && !mayBePacked) {
            throw new MigrationException("The peer packs pages, which was not agreed on.");
        }
        if (header.length() <= PageFrame.headBytes(1)) {
            throw new MigrationException("The peer sent pages without a page.");
        }
        head.clear().limit(PageFrame.headBytes(0));
        stream.read(head);
        head.flip();
        PageFrame frame =
                packed
                        ? PageFrame.readPacked(head, header.length(), sums.pageCount())
                        : PageFrame.readPages(head, header.length(), sums.pageCount());
        stripes.require(frame);
        int count = (int) frame.count();
        int headBytes = PageFrame.headBytes(count);
        head.limit(headBytes).position(PageFrame.headBytes(0));
        stream.read(head);
        if (FrameHeader.sum(head.flip().duplicate()) != header.payloadSum()) {
            throw new MigrationException("The peer sent damaged sums of pages.");
        }
        MemorySegment to =
                ram.asSlice(frame.first() << PageFrame.PAGE_SHIFT, count * PageFrame.PAGE_BYTES);
        if (packed) {
            unpack(header.length() - headBytes, to);
        } else {
            stream.read(to.asByteBuffer());
        }
        check(frame, to.asByteBuffer());
        return count;
    }

    private void unpack(int length, MemorySegment to) {
        PagePacking by = packing.orElseGet(PagePacking::new);
        packing = Optional.of(by);
        ByteBuffer block = by.block(length);
        stream.read(block);
        by.unpack(block.flip(), to);
    }

    private void check(PageFrame frame, ByteBuffer pages) {
        for (int i = 0; i < frame.count(); i++) {
            crc.reset();
            crc.update(pages.slice(i * PageFrame.PAGE_BYTES, PageFrame.PAGE_BYTES));
            int sum = (int) crc.getValue();
            long page = frame.first() + i;
            sums.set(page, sum);
            damaged.set((int) page, sum != head.getInt(PageFrame.headBytes(i)));
        }
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
}
