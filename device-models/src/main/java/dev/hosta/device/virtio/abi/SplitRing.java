package dev.hosta.device.virtio.abi;

/**
 * Layout of a split virtqueue (virtio 1.2 §2.7), little-endian.
 *
 * <pre>
 *  descriptor, 16 bytes            available ring                used ring
 *  offset size field               offset size field             offset size field
 *       0    8 addr  (gpa)              0    2 flags                  0    2 flags
 *       8    4 len   (bytes)            2    2 idx                    2    2 idx
 *      12    2 flags                    4   2n ring[] (heads)         4   8n ring[] {u32 id; u32 len}
 *      14    2 next               4 + 2n    2 used_event         4 + 8n    2 avail_event
 * </pre>
 */
public final class SplitRing {
    /** The largest queue. */
    public static final int MAX_SIZE = 32768;

    /** Size of a descriptor in bytes. */
    public static final int DESC_BYTES = 16;

    /** Offset of {@code len} in a descriptor. */
    public static final int DESC_LEN = 8;

    /** Offset of {@code flags} in a descriptor. */
    public static final int DESC_FLAGS = 12;

    /** Offset of {@code next} in a descriptor. */
    public static final int DESC_NEXT = 14;

    /** Descriptor flag: {@code next} is valid. */
    public static final int DESC_F_NEXT = 1;

    /** Descriptor flag: the device writes the buffer; without it the device reads. */
    public static final int DESC_F_WRITE = 2;

    /** Descriptor flag: the buffer is a table of descriptors. */
    public static final int DESC_F_INDIRECT = 4;

    /** Available ring flag: the driver wants no interrupts. */
    public static final int AVAIL_F_NO_INTERRUPT = 1;

    /** Used ring flag: the device wants no notifications. */
    public static final int USED_F_NO_NOTIFY = 1;

    /** Offset of {@code flags} in either ring. */
    public static final int RING_FLAGS = 0;

    /** Offset of {@code idx} in either ring. */
    public static final int RING_IDX = 2;

    /** Offset of the first element in either ring. */
    public static final int RING_ELEMENTS = 4;

    /** Size of an element of the available ring in bytes. */
    public static final int AVAIL_ELEMENT_BYTES = 2;

    /** Size of an element of the used ring in bytes. */
    public static final int USED_ELEMENT_BYTES = 8;

    /** Offset of {@code len} in an element of the used ring. */
    public static final int USED_ELEMENT_LEN = 4;

    /** Alignment of the descriptor table in bytes. */
    public static final int DESC_ALIGNMENT = 16;

    /** Alignment of the available ring in bytes. */
    public static final int AVAIL_ALIGNMENT = 2;

    /** Alignment of the used ring in bytes. */
    public static final int USED_ALIGNMENT = 4;

    private SplitRing() {}
}
