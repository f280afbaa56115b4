package dev.hosta.device.virtio.block;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.virtio.abi.VirtioBlk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the device offers for a backend: features and configuration space (virtio 1.2 §5.2.3,
 * §5.2.4). Fixed for the device's life; nothing in it is writable.
 *
 * <p>Threading: immutable.
 */
final class BlockConfig {
    /** Size of the queue. */
    static final int QUEUE_SIZE = 256;

    /** Segments of data in a request, so that it fits the queue with header and status. */
    static final int SEG_MAX = QUEUE_SIZE - 2;

    /** Ranges in one discard or write-zeroes. */
    static final int MOST_RANGES = 16;

    /** Sectors in one such range: 2 GiB. */
    static final long MOST_RANGE_SECTORS = 1L << 22;

    private final long features;
    private final ByteBuffer bytes =
            ByteBuffer.allocate(VirtioBlk.CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    BlockConfig(BlockBackend backend) {
        BlockBackend.Geometry geometry = backend.geometry();
        int blockBytes = geometry.logicalBlockBytes();
        int blocksInPhysical = geometry.physicalBlockBytes() / blockBytes;
        bytes.putLong(VirtioBlk.CONFIG_CAPACITY, geometry.capacityBytes() / VirtioBlk.SECTOR_BYTES);
        bytes.putInt(VirtioBlk.CONFIG_SEG_MAX, SEG_MAX);
        bytes.putInt(VirtioBlk.CONFIG_BLK_SIZE, blockBytes);
        bytes.put(
                VirtioBlk.CONFIG_PHYSICAL_BLOCK_EXP,
                (byte) Integer.numberOfTrailingZeros(blocksInPhysical));
        bytes.putShort(VirtioBlk.CONFIG_MIN_IO_SIZE, (short) Math.min(blocksInPhysical, 0xffff));
        bytes.putInt(VirtioBlk.CONFIG_OPT_IO_SIZE, geometry.optimalIoBytes() / blockBytes);
        long offered = VirtioBlk.F_SEG_MAX | VirtioBlk.F_BLK_SIZE | VirtioBlk.F_TOPOLOGY;
        if (backend.hasWriteCache()) {
            offered |= VirtioBlk.F_FLUSH;
        }
        if (backend.isReadOnly()) {
            offered |= VirtioBlk.F_RO;
        } else {
            offered |= VirtioBlk.F_WRITE_ZEROES;
            bytes.putInt(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SECTORS, (int) MOST_RANGE_SECTORS);
            bytes.putInt(VirtioBlk.CONFIG_MAX_WRITE_ZEROES_SEG, MOST_RANGES);
            if (backend.canDiscard()) {
                offered |= VirtioBlk.F_DISCARD;
                bytes.putInt(VirtioBlk.CONFIG_MAX_DISCARD_SECTORS, (int) MOST_RANGE_SECTORS);
                bytes.putInt(VirtioBlk.CONFIG_MAX_DISCARD_SEG, MOST_RANGES);
                bytes.putInt(
                        VirtioBlk.CONFIG_DISCARD_SECTOR_ALIGNMENT,
                        blockBytes / VirtioBlk.SECTOR_BYTES);
                bytes.put(VirtioBlk.CONFIG_WRITE_ZEROES_MAY_UNMAP, (byte) 1);
            }
        }
        features = offered;
    }

    long features() {
        return features;
    }

    /** Bytes past the end read 0. */
    long read(int offset, int widthBytes) {
        long value = 0;
        for (int i = 0; i < widthBytes; i++) {
            int at = offset + i;
            if (at < VirtioBlk.CONFIG_BYTES) {
                value |= (bytes.get(at) & 0xffL) << (8 * i);
            }
        }
        return value;
    }
}
