package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.virtio.abi.VirtioNet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The header of a frame to send, in memory that the guest does not have, so that what was checked
 * is what the host gets (virtio 1.2 §5.1.6.2).
 *
 * <p>Threading: the device's thread.
 */
final class NetHeader {
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Ethernet addresses and type; a checksum cannot begin in them. */
    static final int ETHERNET_BYTES = 14;

    private final MemorySegment bytes = Arena.ofAuto().allocate(NetBackend.HEADER_BYTES);

    /** The bytes, to be filled with a copy of the guest's and handed to the host after a check. */
    MemorySegment bytes() {
        return bytes;
    }

    private int u16(int offset) {
        return bytes.get(U16, offset) & 0xffff;
    }

    private void u16(int offset, int value) {
        bytes.set(U16, offset, (short) value);
    }

    /**
     * Checks the header against its frame; clears what means nothing.
     *
     * @param features what was negotiated
     * @param frameBytes length of the frame behind the header
     * @return whether the host may be asked for this
     */
    boolean check(long features, long frameBytes) {
        boolean csum =
                (bytes.get(ValueLayout.JAVA_BYTE, 0) & VirtioNet.HEADER_F_NEEDS_CSUM) != 0
                        && (features & VirtioNet.F_CSUM) != 0;
        bytes.set(ValueLayout.JAVA_BYTE, 0, (byte) (csum ? VirtioNet.HEADER_F_NEEDS_CSUM : 0));
        u16(VirtioNet.HEADER_NUM_BUFFERS, 0);
        return checkCsum(csum, frameBytes) && checkGso(csum, features, frameBytes);
    }

    private boolean checkCsum(boolean csum, long frameBytes) {
        if (!csum) {
            u16(VirtioNet.HEADER_CSUM_START, 0);
            u16(VirtioNet.HEADER_CSUM_OFFSET, 0);
            return true;
        }
        int start = u16(VirtioNet.HEADER_CSUM_START);
        return start >= ETHERNET_BYTES
                && start + u16(VirtioNet.HEADER_CSUM_OFFSET) + 2 <= frameBytes;
    }

    private boolean checkGso(boolean csum, long features, long frameBytes) {
        int type = bytes.get(ValueLayout.JAVA_BYTE, VirtioNet.HEADER_GSO_TYPE) & 0xff;
        int kind = type & ~VirtioNet.GSO_ECN;
        if (kind == VirtioNet.GSO_NONE) {
            bytes.set(ValueLayout.JAVA_BYTE, VirtioNet.HEADER_GSO_TYPE, (byte) 0);
            u16(VirtioNet.HEADER_HDR_LEN, 0);
            u16(VirtioNet.HEADER_GSO_SIZE, 0);
            return true;
        }
        long needed =
                switch (kind) {
                    case VirtioNet.GSO_TCPV4 -> VirtioNet.F_HOST_TSO4;
                    case VirtioNet.GSO_TCPV6 -> VirtioNet.F_HOST_TSO6;
                    case VirtioNet.GSO_UDP_L4 -> VirtioNet.F_HOST_USO;
                    default -> -1L; // no driver has all features
                };
        if (type != kind) {
            needed |= VirtioNet.F_HOST_ECN;
        }
        int headers = u16(VirtioNet.HEADER_HDR_LEN); // a hint; longer than the frame it is a lie
        u16(VirtioNet.HEADER_HDR_LEN, (int) Math.min(headers, frameBytes));
        return csum
                && (features & needed) == needed
                && u16(VirtioNet.HEADER_GSO_SIZE) != 0
                && (kind != VirtioNet.GSO_UDP_L4 || type == kind);
    }
}
