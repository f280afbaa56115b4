package dev.hosta.device.virtio.abi;

/**
 * The network device (virtio 1.2 §5.1; USO as in linux/virtio_net.h).
 *
 * <pre>
 *  struct virtio_net_hdr_v1          configuration space
 *  offset size field                 offset size field
 *       0    1 flags                      0    6 mac
 *       1    1 gso_type                   6    2 status
 *       2    2 hdr_len                    8    2 max_virtqueue_pairs
 *       4    2 gso_size                  10    2 mtu
 *       6    2 csum_start
 *       8    2 csum_offset
 *      10    2 num_buffers
 * </pre>
 */
public final class VirtioNet {
    /** Feature: the device fills in checksums that the driver left open. */
    public static final long F_CSUM = 1L << 0;

    /** Feature: the driver takes frames whose checksum is open. */
    public static final long F_GUEST_CSUM = 1L << 1;

    /** Feature: the driver may change what it takes at any time. */
    public static final long F_CTRL_GUEST_OFFLOADS = 1L << 2;

    /** Feature: {@code mtu} is valid. */
    public static final long F_MTU = 1L << 3;

    /** Feature: {@code mac} is valid. */
    public static final long F_MAC = 1L << 5;

    /** Feature: the driver takes large TCP over IPv4. */
    public static final long F_GUEST_TSO4 = 1L << 7;

    /** Feature: the driver takes large TCP over IPv6. */
    public static final long F_GUEST_TSO6 = 1L << 8;

    /** Feature: the driver takes large TCP with ECN. */
    public static final long F_GUEST_ECN = 1L << 9;

    /** Feature: the device takes large TCP over IPv4. */
    public static final long F_HOST_TSO4 = 1L << 11;

    /** Feature: the device takes large TCP over IPv6. */
    public static final long F_HOST_TSO6 = 1L << 12;

    /** Feature: the device takes large TCP with ECN. */
    public static final long F_HOST_ECN = 1L << 13;

    /** Feature: a received frame may span several chains. */
    public static final long F_MRG_RXBUF = 1L << 15;

    /** Feature: {@code status} is valid. */
    public static final long F_STATUS = 1L << 16;

    /** Feature: there is a control queue. */
    public static final long F_CTRL_VQ = 1L << 17;

    /** Feature: {@link #CTRL_RX} with its first two commands, and the table of addresses. */
    public static final long F_CTRL_RX = 1L << 18;

    /** Feature: {@link #CTRL_RX} with all commands. */
    public static final long F_CTRL_RX_EXTRA = 1L << 20;

    /** Feature: the device may ask the driver to announce itself. */
    public static final long F_GUEST_ANNOUNCE = 1L << 21;

    /** Feature: the driver may set its address. */
    public static final long F_CTRL_MAC_ADDR = 1L << 23;

    /** Feature: the driver takes large UDP over IPv4. */
    public static final long F_GUEST_USO4 = 1L << 54;

    /** Feature: the driver takes large UDP over IPv6. */
    public static final long F_GUEST_USO6 = 1L << 55;

    /** Feature: the device takes large UDP. */
    public static final long F_HOST_USO = 1L << 56;

    /** Index of the queue of received frames. */
    public static final int RX_QUEUE = 0;

    /** Index of the queue of frames to send. */
    public static final int TX_QUEUE = 1;

    /** Index of the control queue. */
    public static final int CTRL_QUEUE = 2;

    /** Offset of {@code gso_type} in the header. */
    public static final int HEADER_GSO_TYPE = 1;

    /** Offset of {@code hdr_len} in the header. */
    public static final int HEADER_HDR_LEN = 2;

    /** Offset of {@code gso_size} in the header. */
    public static final int HEADER_GSO_SIZE = 4;

    /** Offset of {@code csum_start} in the header. */
    public static final int HEADER_CSUM_START = 6;

    /** Offset of {@code csum_offset} in the header. */
    public static final int HEADER_CSUM_OFFSET = 8;

    /** Offset of {@code num_buffers} in the header. */
    public static final int HEADER_NUM_BUFFERS = 10;

    /** Header flag: the checksum is open. */
    public static final int HEADER_F_NEEDS_CSUM = 1;

    /** Header: the frame is an ordinary one. */
    public static final int GSO_NONE = 0;

    /** Header: large TCP over IPv4. */
    public static final int GSO_TCPV4 = 1;

    /** Header: large TCP over IPv6. */
    public static final int GSO_TCPV6 = 4;

    /** Header: large UDP. */
    public static final int GSO_UDP_L4 = 5;

    /** Header: bit of {@code gso_type}, with ECN. */
    public static final int GSO_ECN = 0x80;

    /** Control class: which frames are received; data is one byte, 0 or 1. */
    public static final int CTRL_RX = 0;

    /** {@link #CTRL_RX}: all frames. */
    public static final int CTRL_RX_PROMISC = 0;

    /** {@link #CTRL_RX}: all multicast. */
    public static final int CTRL_RX_ALLMULTI = 1;

    /** {@link #CTRL_RX}: all unicast. */
    public static final int CTRL_RX_ALLUNI = 2;

    /** {@link #CTRL_RX}: no multicast. */
    public static final int CTRL_RX_NOMULTI = 3;

    /** {@link #CTRL_RX}: no unicast. */
    public static final int CTRL_RX_NOUNI = 4;

    /** {@link #CTRL_RX}: no broadcast. */
    public static final int CTRL_RX_NOBCAST = 5;

    /** Control class: addresses. */
    public static final int CTRL_MAC = 1;

    /** {@link #CTRL_MAC}: u32 count and addresses of unicast, then the same of multicast. */
    public static final int CTRL_MAC_TABLE_SET = 0;

    /** {@link #CTRL_MAC}: the driver's own address. */
    public static final int CTRL_MAC_ADDR_SET = 1;

    /** Control class: announcements. */
    public static final int CTRL_ANNOUNCE = 3;

    /** {@link #CTRL_ANNOUNCE}: the driver saw {@link #S_ANNOUNCE}. */
    public static final int CTRL_ANNOUNCE_ACK = 0;

    /** Control class: what the driver takes. */
    public static final int CTRL_GUEST_OFFLOADS = 5;

    /** {@link #CTRL_GUEST_OFFLOADS}: u64 of the {@code F_GUEST} features of offloads. */
    public static final int CTRL_GUEST_OFFLOADS_SET = 0;

    /** Size of a control command's class and number in bytes; its data follows. */
    public static final int CTRL_HEADER_BYTES = 2;

    /** Answer to a control command: done. */
    public static final int CTRL_OK = 0;

    /** Answer to a control command: not done. */
    public static final int CTRL_ERR = 1;

    /** Configuration: u16, {@link #S_LINK_UP} and {@link #S_ANNOUNCE}. */
    public static final int CONFIG_STATUS = 6;

    /** Configuration: u16, bytes of IP in a frame. */
    public static final int CONFIG_MTU = 10;

    /** Size of the configuration space in bytes. */
    public static final int CONFIG_BYTES = 12;

    /** Status: frames reach someone. */
    public static final int S_LINK_UP = 1;

    /** Status: the driver is to announce itself. */
    public static final int S_ANNOUNCE = 2;

    private VirtioNet() {}
}
