package dev.hosta.device.virtio.net;

import dev.hosta.device.virtio.abi.VirtioNet;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/**
 * Makes commands of control chains (virtio 1.2 §5.1.6.5): class, command, data, and one writable
 * byte for the answer.
 *
 * <p>What is copied from the guest is copied once and checked afterwards. Threading: immutable.
 */
final class NetControl {
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final NetCommand REFUSED = new NetCommand.Refused();

    private final long features;

    /** A parser for a driver that negotiated these features. */
    NetControl(long features) {
        this.features = features;
    }

    /**
     * What a chain asks for.
     *
     * @throws QueueException if there is no command or no room for an answer
     */
    NetCommand parse(DescriptorChain chain) {
        if (chain.readableBytes() < VirtioNet.CTRL_HEADER_BYTES || chain.writableBytes() < 1) {
            throw new QueueException(
                    "Cannot take a control command: none or no room for its answer, readableBytes="
                            + chain.readableBytes()
                            + ", writableBytes="
                            + chain.writableBytes());
        }
        byte[] header = read(chain, 0, VirtioNet.CTRL_HEADER_BYTES);
        int command = header[1] & 0xff;
        if (!has(VirtioNet.F_CTRL_VQ)) {
            return REFUSED;
        }
        return switch (header[0] & 0xff) {
            case VirtioNet.CTRL_RX -> mode(chain, command);
            case VirtioNet.CTRL_MAC ->
                    switch (command) {
                        case VirtioNet.CTRL_MAC_TABLE_SET -> tables(chain);
                        case VirtioNet.CTRL_MAC_ADDR_SET -> address(chain);
                        default -> REFUSED;
                    };
            case VirtioNet.CTRL_ANNOUNCE ->
                    command == VirtioNet.CTRL_ANNOUNCE_ACK && has(VirtioNet.F_GUEST_ANNOUNCE)
                            ? new NetCommand.Announced()
                            : REFUSED;
            case VirtioNet.CTRL_GUEST_OFFLOADS ->
                    command == VirtioNet.CTRL_GUEST_OFFLOADS_SET ? offloads(chain) : REFUSED;
            default -> REFUSED;
        };
    }

    private boolean has(long feature) {
        return (features & feature) != 0;
    }

    private static byte[] read(DescriptorChain chain, long offset, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        chain.read(offset, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static long dataBytes(DescriptorChain chain) {
        return chain.readableBytes() - VirtioNet.CTRL_HEADER_BYTES;
    }

    private NetCommand mode(DescriptorChain chain, int command) {
        boolean known =
                command <= VirtioNet.CTRL_RX_ALLMULTI
                        ? has(VirtioNet.F_CTRL_RX)
                        : command <= VirtioNet.CTRL_RX_NOBCAST && has(VirtioNet.F_CTRL_RX_EXTRA);
        if (!known || dataBytes(chain) != 1) {
            return REFUSED;
        }
        int on = read(chain, VirtioNet.CTRL_HEADER_BYTES, 1)[0] & 0xff;
        return on > 1 ? REFUSED : new NetCommand.Mode(command, on == 1);
    }

    private NetCommand address(DescriptorChain chain) {
        if (!has(VirtioNet.F_CTRL_MAC_ADDR) || dataBytes(chain) != MacAddress.BYTES) {
            return REFUSED;
        }
        MacAddress mac =
                MacAddress.of(read(chain, VirtioNet.CTRL_HEADER_BYTES, MacAddress.BYTES), 0);
        return mac.isStation() ? new NetCommand.Address(mac) : REFUSED;
    }

    private NetCommand offloads(DescriptorChain chain) {
        if (!has(VirtioNet.F_CTRL_GUEST_OFFLOADS) || dataBytes(chain) != Long.BYTES) {
            return REFUSED;
        }
        byte[] data = read(chain, VirtioNet.CTRL_HEADER_BYTES, Long.BYTES);
        long wanted = MemorySegment.ofArray(data).get(U64, 0);
        return (wanted & ~(features & NetConfig.GUEST_OFFLOADS)) == 0
                ? new NetCommand.Offloads(wanted)
                : REFUSED;
    }

    private NetCommand tables(DescriptorChain chain) {
        if (!has(VirtioNet.F_CTRL_RX)) {
            return REFUSED;
        }
        long unicastAt = VirtioNet.CTRL_HEADER_BYTES;
        long multicastAt = unicastAt + tableBytes(chain, unicastAt);
        if (multicastAt <= unicastAt) {
            return REFUSED;
        }
        long multicastBytes = tableBytes(chain, multicastAt);
        if (multicastBytes <= 0 || multicastAt + multicastBytes != chain.readableBytes()) {
            return REFUSED;
        }
        return new NetCommand.Tables(
                table(chain, unicastAt, multicastAt - unicastAt),
                table(chain, multicastAt, multicastBytes));
    }

    /** Length of a table with its count; 0 where the chain does not hold it. */
    private static long tableBytes(DescriptorChain chain, long offset) {
        long left = chain.readableBytes() - offset;
        if (left < Integer.BYTES) {
            return 0;
        }
        byte[] count = read(chain, offset, Integer.BYTES);
        long addresses = Integer.toUnsignedLong(MemorySegment.ofArray(count).get(U32, 0));
        long lengthBytes = Integer.BYTES + addresses * MacAddress.BYTES;
        return lengthBytes <= left ? lengthBytes : 0;
    }

    /** The addresses of a table whose length is known; its count is not read again. */
    private static NetFilter.Table table(DescriptorChain chain, long offset, long lengthBytes) {
        long count = (lengthBytes - Integer.BYTES) / MacAddress.BYTES;
        if (count > NetFilter.MOST_ADDRESSES) {
            return new NetFilter.Table(Set.of(), true);
        }
        byte[] bytes = read(chain, offset + Integer.BYTES, (int) count * MacAddress.BYTES);
        Set<MacAddress> addresses = new HashSet<>();
        for (int i = 0; i < count; i++) {
            addresses.add(MacAddress.of(bytes, i * MacAddress.BYTES));
        }
        return new NetFilter.Table(Set.copyOf(addresses), false);
    }
}
