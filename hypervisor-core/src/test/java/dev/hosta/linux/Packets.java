package dev.hosta.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Ethernet frames of a guest's, made by hand: IPv4 with UDP or TCP. */
final class Packets {
    static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    static final byte[] GUEST_MAC = {0x02, 0, 0, 0, 0, 0x11};
    static final int ETHERNET_BYTES = 14;
    static final int TCP_SYN = 2;
    static final int TCP_ACK = 16;

    private static final int IP_BYTES = 20;
    private static final int UDP = 17;
    private static final int TCP = 6;

    private Packets() {}

    static byte[] udp(byte[] toMac, int from, int fromPort, int to, int toPort, byte[] data) {
        ByteBuffer udp = ByteBuffer.allocate(8 + data.length);
        udp.putShort((short) fromPort).putShort((short) toPort);
        udp.putShort((short) (8 + data.length)).putShort((short) 0).put(data);
        udp.putShort(6, transportChecksum(UDP, from, to, udp.array()));
        return ethernet(toMac, ip(UDP, from, to, udp.array()));
    }

    static byte[] tcp(
            byte[] toMac,
            int from,
            int fromPort,
            int to,
            int toPort,
            int sequence,
            int acknowledged,
            int flags) {
        ByteBuffer tcp = ByteBuffer.allocate(20);
        tcp.putShort((short) fromPort).putShort((short) toPort);
        tcp.putInt(sequence).putInt(acknowledged);
        tcp.put((byte) (5 << 4)).put((byte) flags).putShort((short) 32000);
        tcp.putShort(16, transportChecksum(TCP, from, to, tcp.array()));
        return ethernet(toMac, ip(TCP, from, to, tcp.array()));
    }

    private static byte[] ethernet(byte[] toMac, byte[] ip) {
        ByteBuffer frame = ByteBuffer.allocate(ETHERNET_BYTES + ip.length);
        return frame.put(toMac).put(GUEST_MAC).putShort((short) 0x0800).put(ip).array();
    }

    private static byte[] ip(int protocol, int from, int to, byte[] payload) {
        ByteBuffer ip = ByteBuffer.allocate(IP_BYTES + payload.length);
        ip.put((byte) 0x45).put((byte) 0).putShort((short) ip.capacity()).putInt(0);
        ip.put((byte) 64).put((byte) protocol).putShort((short) 0).putInt(from).putInt(to);
        ip.put(payload);
        byte[] header = Arrays.copyOf(ip.array(), IP_BYTES);
        return ip.putShort(10, checksum(header)).array();
    }

    private static short transportChecksum(int protocol, int from, int to, byte[] payload) {
        ByteBuffer all = ByteBuffer.allocate(12 + payload.length);
        all.putInt(from).putInt(to).putShort((short) protocol).putShort((short) payload.length);
        return checksum(all.put(payload).array());
    }

    /** RFC 1071. */
    private static short checksum(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (bytes[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~(sum + (sum >>> 16));
    }

    static int address(int a, int b, int c, int d) {
        return a << 24 | b << 16 | c << 8 | d;
    }

    /** DHCPDISCOVER, RFC 2131. */
    static byte[] dhcpDiscover() {
        ByteBuffer dhcp = ByteBuffer.allocate(300);
        dhcp.put((byte) 1).put((byte) 1).put((byte) 6).put((byte) 0).putInt(0x12345678);
        dhcp.position(28).put(GUEST_MAC).position(236).putInt(0x63825363);
        dhcp.put((byte) 53).put((byte) 1).put((byte) 1).put((byte) 255);
        return udp(BROADCAST, 0, 68, -1, 67, dhcp.array());
    }

    /** A view of a frame as the device got it, from the IP header on; empty for other frames. */
    static ByteBuffer ip(byte[] received) {
        int at = 12 + ETHERNET_BYTES;
        boolean ip = received.length >= at + IP_BYTES && received[24] == 8 && received[25] == 0;
        return ip
                ? ByteBuffer.wrap(received, at, received.length - at).slice()
                : ByteBuffer.allocate(0);
    }

    /** Whether it is a UDP datagram to a port. */
    static boolean isUdpTo(byte[] received, int port) {
        ByteBuffer ip = ip(received);
        return ip.capacity() >= 28 && ip.get(9) == UDP && (ip.getShort(22) & 0xffff) == port;
    }

    /** Whether it is a TCP segment to a port. */
    static boolean isTcpTo(byte[] received, int port) {
        ByteBuffer ip = ip(received);
        return ip.capacity() >= 40 && ip.get(9) == TCP && (ip.getShort(22) & 0xffff) == port;
    }

    /** What a UDP datagram or TCP segment carries. */
    static String data(byte[] received) {
        ByteBuffer ip = ip(received);
        int header = ip.get(9) == UDP ? 8 : (ip.get(32) & 0xf0) >> 2;
        int length = (ip.getShort(2) & 0xffff) - IP_BYTES - header;
        byte[] data = new byte[length];
        ip.get(IP_BYTES + header, data);
        return new String(data, StandardCharsets.UTF_8);
    }
}
