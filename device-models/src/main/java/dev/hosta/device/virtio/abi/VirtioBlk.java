package dev.hosta.device.virtio.abi;

/** The block device (virtio 1.2 §5.2). */
public final class VirtioBlk {
    /** Feature: {@code seg_max} is valid. */
    public static final long F_SEG_MAX = 1L << 2;

    /** Feature: the disk is read-only. */
    public static final long F_RO = 1L << 5;

    /** Feature: {@code blk_size} is valid. */
    public static final long F_BLK_SIZE = 1L << 6;

    /** Feature: there is a write cache and {@link #T_FLUSH}. */
    public static final long F_FLUSH = 1L << 9;

    /** Feature: the topology fields are valid. */
    public static final long F_TOPOLOGY = 1L << 10;

    /** Feature: {@link #T_DISCARD}. */
    public static final long F_DISCARD = 1L << 13;

    /** Feature: {@link #T_WRITE_ZEROES}. */
    public static final long F_WRITE_ZEROES = 1L << 14;

    /** Unit of sectors and of {@code capacity}, in bytes, whatever the block size. */
    public static final int SECTOR_BYTES = 512;

    /** Size of a request's header: u32 type, u32 reserved, u64 sector. */
    public static final int HEADER_BYTES = 16;

    /** Offset of {@code sector} in the header. */
    public static final int HEADER_SECTOR = 8;

    /** Request: read. */
    public static final int T_IN = 0;

    /** Request: write. */
    public static final int T_OUT = 1;

    /** Request: make completed writes durable. */
    public static final int T_FLUSH = 4;

    /** Request: the serial number. */
    public static final int T_GET_ID = 8;

    /** Request: give ranges back. */
    public static final int T_DISCARD = 11;

    /** Request: make ranges read as zeros. */
    public static final int T_WRITE_ZEROES = 13;

    /** Length of the serial number in bytes, NUL-padded. */
    public static final int ID_BYTES = 20;

    /** Size of a range of discard and write-zeroes: u64 sector, u32 count, u32 flags. */
    public static final int RANGE_BYTES = 16;

    /** Offset of {@code num_sectors} in a range. */
    public static final int RANGE_COUNT = 8;

    /** Offset of {@code flags} in a range. */
    public static final int RANGE_FLAGS = 12;

    /** Flag of a range of write-zeroes: the space may be given back. */
    public static final int RANGE_F_UNMAP = 1;

    /** Status: done. */
    public static final int S_OK = 0;

    /** Status: failed. */
    public static final int S_IOERR = 1;

    /** Status: no such request here. */
    public static final int S_UNSUPP = 2;

    /** Configuration: u64, sectors. */
    public static final int CONFIG_CAPACITY = 0;

    /** Configuration: u32, segments of data in a request. */
    public static final int CONFIG_SEG_MAX = 12;

    /** Configuration: u32, bytes. */
    public static final int CONFIG_BLK_SIZE = 20;

    /** Configuration: u8, log2 of logical blocks in a physical one. */
    public static final int CONFIG_PHYSICAL_BLOCK_EXP = 24;

    /** Configuration: u16, logical blocks. */
    public static final int CONFIG_MIN_IO_SIZE = 26;

    /** Configuration: u32, logical blocks. */
    public static final int CONFIG_OPT_IO_SIZE = 28;

    /** Configuration: u32, sectors. */
    public static final int CONFIG_MAX_DISCARD_SECTORS = 36;

    /** Configuration: u32, ranges. */
    public static final int CONFIG_MAX_DISCARD_SEG = 40;

    /** Configuration: u32, sectors. */
    public static final int CONFIG_DISCARD_SECTOR_ALIGNMENT = 44;

    /** Configuration: u32, sectors. */
    public static final int CONFIG_MAX_WRITE_ZEROES_SECTORS = 48;

    /** Configuration: u32, ranges. */
    public static final int CONFIG_MAX_WRITE_ZEROES_SEG = 52;

    /** Configuration: u8, 1 if write-zeroes may unmap. */
    public static final int CONFIG_WRITE_ZEROES_MAY_UNMAP = 56;

    /** Size of the configuration space in bytes. */
    public static final int CONFIG_BYTES = 60;

    private VirtioBlk() {}
}
