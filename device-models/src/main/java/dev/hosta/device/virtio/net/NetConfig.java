package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend.Offload;
import dev.hosta.device.virtio.abi.VirtioNet;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the device offers: features and configuration space (virtio 1.2 §5.1.3, §5.1.4).
 *
 * <p>Threading: address and status are written on the device's thread and read on any.
 */
final class NetConfig {
    /** Sizes of the queues for receiving, sending and control. */
    static final int RX_SIZE = 256;

    static final int TX_SIZE = 256;
    static final int CTRL_SIZE = 64;

    private static final long GUEST_TSO = VirtioNet.F_GUEST_TSO4 | VirtioNet.F_GUEST_TSO6;
    private static final long GUEST_USO = VirtioNet.F_GUEST_USO4 | VirtioNet.F_GUEST_USO6;

    /** Features that say what the guest takes, and that it may change while running. */
    static final long GUEST_OFFLOADS =
            VirtioNet.F_GUEST_CSUM | GUEST_TSO | VirtioNet.F_GUEST_ECN | GUEST_USO;

    private final long features;
    private final int mtu;
    private volatile MacAddress mac;
    private volatile int status;

    NetConfig(NetSettings settings, Set<Offload> offloads) {
        this.mtu = settings.mtu();
        this.mac = settings.mac();
        this.features =
                VirtioNet.F_MAC
                        | VirtioNet.F_MRG_RXBUF
                        | VirtioNet.F_STATUS
                        | VirtioNet.F_CTRL_VQ
                        | VirtioNet.F_CTRL_RX
                        | VirtioNet.F_CTRL_RX_EXTRA
                        | VirtioNet.F_CTRL_MAC_ADDR
                        | VirtioNet.F_GUEST_ANNOUNCE
                        | (mtu == 0 ? 0 : VirtioNet.F_MTU)
                        | offered(offloads);
    }

    /** Nothing can be left to the other side unless checksums can (§5.1.3.1). */
    private static long offered(Set<Offload> offloads) {
        if (!offloads.contains(Offload.CHECKSUM)) {
            return 0;
        }
        long offered = VirtioNet.F_CSUM | VirtioNet.F_GUEST_CSUM | VirtioNet.F_CTRL_GUEST_OFFLOADS;
        for (Offload offload : offloads) {
            offered |=
                    switch (offload) {
                        case CHECKSUM -> 0;
                        case TSO4 -> VirtioNet.F_HOST_TSO4 | VirtioNet.F_GUEST_TSO4;
                        case TSO6 -> VirtioNet.F_HOST_TSO6 | VirtioNet.F_GUEST_TSO6;
                        case TSO_ECN -> VirtioNet.F_HOST_ECN | VirtioNet.F_GUEST_ECN;
                        case USO -> VirtioNet.F_HOST_USO | GUEST_USO;
                    };
        }
        return offered;
    }

    /** What a set of features lets the host leave to the guest. */
    static Set<Offload> taken(long features) {
        Set<Offload> taken = EnumSet.noneOf(Offload.class);
        if ((features & VirtioNet.F_GUEST_CSUM) == 0) {
            return taken;
        }
        taken.add(Offload.CHECKSUM);
        if ((features & VirtioNet.F_GUEST_TSO4) != 0) {
            taken.add(Offload.TSO4);
        }
        if ((features & VirtioNet.F_GUEST_TSO6) != 0) {
            taken.add(Offload.TSO6);
        }
        if ((features & VirtioNet.F_GUEST_ECN) != 0 && (features & GUEST_TSO) != 0) {
            taken.add(Offload.TSO_ECN);
        }
        if ((features & GUEST_USO) == GUEST_USO) { // the host does not tell them apart
            taken.add(Offload.USO);
        }
        return taken;
    }

    /** Whether frames may be larger than the MTU. */
    static boolean hasLarge(Set<Offload> taken) {
        return taken.contains(Offload.TSO4)
                || taken.contains(Offload.TSO6)
                || taken.contains(Offload.USO);
    }

    long features() {
        return features;
    }

    int mtu() {
        return mtu;
    }

    void mac(MacAddress newMac) {
        mac = newMac;
    }

    int status() {
        return status;
    }

    /** Sets or clears a bit of the status; whether it was the other way. */
    boolean status(int bit, boolean on) {
        int before = status;
        status = on ? before | bit : before & ~bit;
        return status != before;
    }

    /** Bytes past the end read 0. */
    long read(int offset, int widthBytes) {
        byte[] address = mac.toBytes();
        int now = status;
        long value = 0;
        for (int i = 0; i < widthBytes; i++) {
            value |= (long) byteAt(offset + i, address, now) << (8 * i);
        }
        return value;
    }

    private int byteAt(int at, byte[] address, int now) {
        if (at < address.length) {
            return address[at] & 0xff;
        }
        return switch (at) {
            case VirtioNet.CONFIG_STATUS -> now;
            case VirtioNet.CONFIG_MTU -> mtu & 0xff;
            case VirtioNet.CONFIG_MTU + 1 -> mtu >> 8;
            default -> 0;
        };
    }
}
