package dev.hosta.device.virtio.block;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes commands of descriptor chains (virtio 1.2 §5.2.6): a header of 16 readable bytes, data, one
 * writable byte of status, cut into buffers as the driver likes.
 *
 * <p>What is copied from the guest is copied once and checked afterwards. Threading: immutable.
 */
final class BlockParser {
    /** What a request has beside its data: the header and the status. */
    static final int FRAME_BYTES = VirtioBlk.HEADER_BYTES + 1;

    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final BlockCommand IO_ERROR = new BlockCommand.Refused(VirtioBlk.S_IOERR);
    private static final BlockCommand UNSUPPORTED = new BlockCommand.Refused(VirtioBlk.S_UNSUPP);

    private final long capacityBytes;
    private final int blockBytes;
    private final long features;

    /**
     * A parser for one disk and driver.
     *
     * @param geometry sizes of the disk
     * @param features what was negotiated, and F_RO where the disk is read-only
     */
    BlockParser(BlockBackend.Geometry geometry, long features) {
        this.capacityBytes = geometry.capacityBytes();
        this.blockBytes = geometry.logicalBlockBytes();
        this.features = features;
    }

    /**
     * What a chain asks for.
     *
     * @throws QueueException if there is no header or no status
     * @throws dev.hosta.device.memory.GuestMemoryException if the header is not in RAM
     */
    BlockCommand parse(DescriptorChain chain) {
        if (chain.readableBytes() < VirtioBlk.HEADER_BYTES || chain.writableBytes() < 1) {
            throw new QueueException(
                    "Cannot take a request: no header or no status, readableBytes="
                            + chain.readableBytes()
                            + ", writableBytes="
                            + chain.writableBytes());
        }
        MemorySegment header = MemorySegment.ofArray(new byte[VirtioBlk.HEADER_BYTES]);
        chain.read(0, header);
        long sector = header.get(U64, VirtioBlk.HEADER_SECTOR);
        long in = chain.writableBytes() - 1;
        long out = chain.readableBytes() - VirtioBlk.HEADER_BYTES;
        return switch (header.get(U32, 0)) {
            case VirtioBlk.T_IN ->
                    fits(sector, in)
                            ? new BlockCommand.Read(sector * VirtioBlk.SECTOR_BYTES, in)
                            : IO_ERROR;
            case VirtioBlk.T_OUT ->
                    fits(sector, out) && !has(VirtioBlk.F_RO)
                            ? new BlockCommand.Write(sector * VirtioBlk.SECTOR_BYTES, out)
                            : IO_ERROR;
            case VirtioBlk.T_FLUSH ->
                    has(VirtioBlk.F_FLUSH) ? new BlockCommand.Flush() : UNSUPPORTED;
            case VirtioBlk.T_GET_ID ->
                    new BlockCommand.Serial((int) Math.min(in, VirtioBlk.ID_BYTES));
            case VirtioBlk.T_DISCARD ->
                    has(VirtioBlk.F_DISCARD) ? ranges(chain, out, false) : UNSUPPORTED;
            case VirtioBlk.T_WRITE_ZEROES ->
                    has(VirtioBlk.F_WRITE_ZEROES) ? ranges(chain, out, true) : UNSUPPORTED;
            default -> UNSUPPORTED;
        };
    }

    private boolean has(long feature) {
        return (features & feature) != 0;
    }

    /**
     * Whether whole blocks of the disk, one at least, are meant; the sector is the guest's 64 bits.
     */
    private boolean fits(long sector, long lengthBytes) {
        long sectors = capacityBytes / VirtioBlk.SECTOR_BYTES;
        return lengthBytes > 0
                && Long.compareUnsigned(sector, sectors) <= 0
                && lengthBytes <= capacityBytes - sector * VirtioBlk.SECTOR_BYTES
                && sector * VirtioBlk.SECTOR_BYTES % blockBytes == 0
                && lengthBytes % blockBytes == 0;
    }

    /** Ranges after the header; flags beyond the known are UNSUPP (§5.2.6.2), the rest IOERR. */
    private BlockCommand ranges(DescriptorChain chain, long lengthBytes, boolean zeroes) {
        if (lengthBytes == 0
                || lengthBytes % VirtioBlk.RANGE_BYTES != 0
                || lengthBytes > (long) VirtioBlk.RANGE_BYTES * BlockConfig.MOST_RANGES) {
            return IO_ERROR;
        }
        MemorySegment table = MemorySegment.ofArray(new byte[(int) lengthBytes]);
        chain.read(VirtioBlk.HEADER_BYTES, table);
        int knownFlags = zeroes ? VirtioBlk.RANGE_F_UNMAP : 0;
        List<BlockCommand.Range> ranges = new ArrayList<>();
        for (long at = 0; at < lengthBytes; at += VirtioBlk.RANGE_BYTES) {
            int flags = table.get(U32, at + VirtioBlk.RANGE_FLAGS);
            if ((flags & ~knownFlags) != 0) {
                return UNSUPPORTED;
            }
            Optional<BlockCommand.Range> range = range(table, at, flags != 0);
            if (range.isEmpty()) {
                return IO_ERROR;
            }
            ranges.add(range.get());
        }
        return zeroes ? new BlockCommand.WriteZeroes(ranges) : new BlockCommand.Discard(ranges);
    }

    private Optional<BlockCommand.Range> range(MemorySegment table, long at, boolean mayUnmap) {
        long sector = table.get(U64, at);
        long sectors = Integer.toUnsignedLong(table.get(U32, at + VirtioBlk.RANGE_COUNT));
        long lengthBytes = sectors * VirtioBlk.SECTOR_BYTES;
        if (sectors > BlockConfig.MOST_RANGE_SECTORS || !fits(sector, lengthBytes)) {
            return Optional.empty();
        }
        return Optional.of(
                new BlockCommand.Range(sector * VirtioBlk.SECTOR_BYTES, lengthBytes, mayUnmap));
    }
}
