package dev.hosta.device.virtio.abi;

/** Registers of virtio over MMIO, version 2 (virtio 1.2 §4.2.2), as byte offsets; 32 bits each. */
public final class VirtioMmio {
    /** What {@link #MAGIC_VALUE} reads: "virt". */
    public static final long MAGIC = 0x7472_6976L;

    /** What {@link #VERSION} reads; 1 would be the legacy interface. */
    public static final long MODERN_VERSION = 2;

    /** R: {@link #MAGIC}. */
    public static final int MAGIC_VALUE = 0x000;

    /** R: {@link #MODERN_VERSION}. */
    public static final int VERSION = 0x004;

    /** R: device type. */
    public static final int DEVICE_ID = 0x008;

    /** R: vendor. */
    public static final int VENDOR_ID = 0x00c;

    /** R: the half of the offered features that is selected. */
    public static final int DEVICE_FEATURES = 0x010;

    /** W: which half {@link #DEVICE_FEATURES} shows. */
    public static final int DEVICE_FEATURES_SEL = 0x014;

    /** W: the half of the driver's features that is selected. */
    public static final int DRIVER_FEATURES = 0x020;

    /** W: which half {@link #DRIVER_FEATURES} takes. */
    public static final int DRIVER_FEATURES_SEL = 0x024;

    /** W: which queue the queue registers mean. */
    public static final int QUEUE_SEL = 0x030;

    /** R: largest size of the queue, 0 where there is none. */
    public static final int QUEUE_NUM_MAX = 0x034;

    /** W: size of the queue. */
    public static final int QUEUE_NUM = 0x038;

    /** RW: whether the queue is ready. */
    public static final int QUEUE_READY = 0x044;

    /** W: index of a queue that has new buffers. */
    public static final int QUEUE_NOTIFY = 0x050;

    /** R: pending events. */
    public static final int INTERRUPT_STATUS = 0x060;

    /** W: events that were handled. */
    public static final int INTERRUPT_ACK = 0x064;

    /** RW: device status; 0 resets. */
    public static final int STATUS = 0x070;

    /** W: descriptor table, low half of the gpa. */
    public static final int QUEUE_DESC_LOW = 0x080;

    /** W: descriptor table, high half of the gpa. */
    public static final int QUEUE_DESC_HIGH = 0x084;

    /** W: available ring, low half of the gpa. */
    public static final int QUEUE_DRIVER_LOW = 0x090;

    /** W: available ring, high half of the gpa. */
    public static final int QUEUE_DRIVER_HIGH = 0x094;

    /** W: used ring, low half of the gpa. */
    public static final int QUEUE_DEVICE_LOW = 0x0a0;

    /** W: used ring, high half of the gpa. */
    public static final int QUEUE_DEVICE_HIGH = 0x0a4;

    /** W: which shared memory region the next four mean. */
    public static final int SHM_SEL = 0x0ac;

    /** R: length of the region, low half; all ones where there is none. */
    public static final int SHM_LEN_LOW = 0x0b0;

    /** R: length of the region, high half. */
    public static final int SHM_LEN_HIGH = 0x0b4;

    /** R: gpa of the region, low half. */
    public static final int SHM_BASE_LOW = 0x0b8;

    /** R: gpa of the region, high half. */
    public static final int SHM_BASE_HIGH = 0x0bc;

    /** RW: resets one queue, with VIRTIO_F_RING_RESET only. */
    public static final int QUEUE_RESET = 0x0c0;

    /** R: changes whenever the configuration space did. */
    public static final int CONFIG_GENERATION = 0x0fc;

    /** Start of the configuration space. */
    public static final int CONFIG = 0x100;

    /** Bit of {@link #INTERRUPT_STATUS}: buffers were used. */
    public static final int INTERRUPT_USED_BUFFER = 1;

    /** Bit of {@link #INTERRUPT_STATUS}: the configuration changed. */
    public static final int INTERRUPT_CONFIG_CHANGE = 2;

    private VirtioMmio() {}
}
