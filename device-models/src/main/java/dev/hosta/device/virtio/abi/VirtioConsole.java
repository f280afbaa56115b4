package dev.hosta.device.virtio.abi;

/** The console device (virtio 1.2 §5.3). */
public final class VirtioConsole {
    /** Feature: {@code cols} and {@code rows} are valid. */
    public static final long F_SIZE = 1L << 0;

    /** Feature: there may be several ports, and control queues. */
    public static final long F_MULTIPORT = 1L << 1;

    /** Queue: bytes to the driver, of port 0. */
    public static final int RECEIVE_QUEUE = 0;

    /** Queue: bytes from the driver, of port 0. */
    public static final int TRANSMIT_QUEUE = 1;

    /** Queue: control messages to the driver; with {@link #F_MULTIPORT}. */
    public static final int CONTROL_RECEIVE_QUEUE = 2;

    /** Queue: control messages from the driver; with {@link #F_MULTIPORT}. */
    public static final int CONTROL_TRANSMIT_QUEUE = 3;

    /** Queue: the first of port 1; each further port has the next two. */
    public static final int FIRST_PORT_QUEUE = 4;

    /** Configuration: u16, columns of the console. */
    public static final int CONFIG_COLS = 0;

    /** Configuration: u16, rows of the console. */
    public static final int CONFIG_ROWS = 2;

    /** Configuration: u32, how many ports there may be; with {@link #F_MULTIPORT}. */
    public static final int CONFIG_MAX_NR_PORTS = 4;

    /** Size of the configuration space in bytes, with the emergency write at its end. */
    public static final int CONFIG_BYTES = 12;

    /** Size of a control message's head: u32 port, u16 event, u16 value. */
    public static final int CONTROL_BYTES = 8;

    /** Offset of {@code event} in a control message. */
    public static final int CONTROL_EVENT = 4;

    /** Offset of {@code value} in a control message. */
    public static final int CONTROL_VALUE = 6;

    /** Event from the driver: it is ready to hear of ports (value 1), or failed. */
    public static final int DEVICE_READY = 0;

    /** Event to the driver: there is a port. */
    public static final int DEVICE_ADD = 1;

    /** Event from the driver: a port is set up (value 1), or could not be. */
    public static final int PORT_READY = 3;

    /** Event to the driver: the port is a console. */
    public static final int CONSOLE_PORT = 4;

    /** Event to the driver: the console's size; u16 columns and u16 rows follow. */
    public static final int RESIZE = 5;

    /** Event both ways: the other side opened (value 1) or closed the port. */
    public static final int PORT_OPEN = 6;

    /** Event to the driver: the port's name follows, UTF-8 without a NUL. */
    public static final int PORT_NAME = 7;

    private VirtioConsole() {}
}
