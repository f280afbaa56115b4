package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.backend.NetBackend.Offload;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Real tap interfaces, in a network namespace of the test's own. */
@Timeout(120)
final class TapNetTest {
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final int HOST = Packets.address(10, 9, 8, 1);
    private static final int GUEST = Packets.address(10, 9, 8, 7);

    @TempDir Path folder;
    private NetThread host;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = new NetThread();
    }

    @AfterEach
    void leave() {
        if (host != null) {
            host.close();
        }
    }

    private NetPeer attach(String name) throws Exception {
        return host.call(() -> new NetPeer(TapNet.open(name), Set.of(Offload.CHECKSUM)));
    }

    private void give(String name) throws Exception {
        // No IPv6: its announcements are frames that nobody asked for.
        host.ip("link set " + name + " addrgenmode none up");
        host.ip("addr add 10.9.8.1/24 dev " + name);
        host.ip("neigh add 10.9.8.7 lladdr 02:00:00:00:00:11 dev " + name);
    }

    private void sendFromHost(DatagramSocket socket, String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        InetAddress guest = InetAddress.getByName("10.9.8.7");
        host.call(
                () -> {
                    socket.send(new DatagramPacket(bytes, bytes.length, guest, 4711));
                    return null;
                });
    }

    private byte[] hostMac(byte[] received) {
        byte[] mac = new byte[6];
        System.arraycopy(received, NetBackend.HEADER_BYTES + 6, mac, 0, 6);
        return mac;
    }

    @Test
    void carriesDatagramsBothWays() throws Exception {
        try (NetPeer peer = attach("hosta0");
                DatagramSocket socket = host.call(() -> new DatagramSocket(4712))) {
            give("hosta0");
            socket.setSoTimeout(30_000);
            sendFromHost(socket, "to the guest");
            byte[] got = peer.await(frame -> Packets.isUdpTo(frame, 4711));
            assertEquals("to the guest", Packets.data(got));
            // The guest takes checksums that are not filled in, and the kernel leaves it so.
            assertEquals(1, got[0]);
            byte[] answer = "to the host".getBytes(StandardCharsets.UTF_8);
            peer.send(Packets.udp(hostMac(got), GUEST, 4711, HOST, 4712, answer));
            assertEquals("to the host", receive(socket));
            String large = "x".repeat(3000);
            peer.limitRoom(200);
            sendFromHost(socket, large);
            assertEquals(0, peer.await(frame -> frame.length == 0).length);
            assertTrue(peer.net.isLinkUp());
        }
        // Made for the guest, gone with it.
        assertNull(host.call(() -> NetworkInterface.getByName("hosta0")));
    }

    private String receive(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        host.call(
                () -> {
                    socket.receive(packet);
                    return null;
                });
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    @Test
    void dropsFramesWithoutSenseAndThoseOfManyPiecesArrive() throws Exception {
        try (NetPeer peer = attach("hosta0");
                DatagramSocket socket = host.call(() -> new DatagramSocket(4712))) {
            give("hosta0");
            socket.setSoTimeout(30_000);
            sendFromHost(socket, "mac");
            byte[] mac = hostMac(peer.await(frame -> Packets.isUdpTo(frame, 4711)));
            byte[] good = Packets.udp(mac, GUEST, 4711, HOST, 4712, "a".repeat(2000).getBytes());
            List<MemorySegment> bad = peer.pieces(good);
            bad.getFirst().fill((byte) 0xff);
            peer.onLoop(() -> assertTrue(peer.net.send(bad)));
            MemorySegment whole = MemorySegment.ofArray(new byte[12 + good.length]);
            MemorySegment.copy(good, 0, whole, ValueLayout.JAVA_BYTE, 12, good.length);
            MemorySegment native1 = peer.pieces(good).get(2);
            List<MemorySegment> many = new ArrayList<>(peer.pieces(good).subList(0, 2));
            for (long i = 0; i < native1.byteSize(); i++) {
                many.add(native1.asSlice(i, 1));
            }
            assertTrue(many.size() > 1024);
            peer.onLoop(() -> assertTrue(peer.net.send(many)));
            assertEquals("a".repeat(100), receive(socket));
        }
    }

    @Test
    void linkGoesDownWithTheInterface() throws Exception {
        try (NetPeer peer = attach("hosta0")) {
            assertTrue(peer.net.isLinkUp());
            host.ip("link del hosta0");
            peer.awaitLink(false);
            assertFalse(peer.net.isLinkUp());
            peer.send(new byte[60]);
        }
    }

    @Test
    void knowsWhatTheKernelCanLeaveToTheGuest() throws Exception {
        try (NetPeer peer = attach("hosta0")) {
            assertTrue(
                    peer.net
                            .offloads()
                            .containsAll(Set.of(Offload.CHECKSUM, Offload.TSO4, Offload.TSO6)));
        }
    }

    @Test
    void aTapOfTheUsersOwnNeedsNoRoot() throws Exception {
        host.ip("tuntap add dev mine mode tap user nobody");
        host.ip("tuntap add dev other mode tap user daemon");
        host.ip("tuntap add dev wide mode tap user nobody multi_queue");
        host.ip("tuntap add dev routed mode tun user nobody");
        give("mine");
        says("lo", "it is no tap interface, or one with other options");
        says("routed", "it is no tap interface");
        says("wide", "or one with other options such as multi_queue");
        try (NetPeer first = attach("mine")) {
            assertTrue(first.net.isLinkUp());
            says("mine", "it is in use by another program");
        }
        says("a-name-of-16-char", "a name has 1 to 15 characters");
        host.openTunToAll(folder);
        host.becomeNobody();
        attach("mine").close();
        says("other", "it is not yours. Let root make it for you ('ip tuntap add dev other");
        says("absent", "there is no such interface, and no right to make it. Let root run");
    }

    @Test
    void saysWhoseRightToAskForWhereTunCannotBeOpened() throws Exception {
        boolean closed =
                !Files.getPosixFilePermissions(TUN).contains(PosixFilePermission.OTHERS_WRITE);
        assumeTrue(closed, "/dev/net/tun is open to everybody here");
        host.becomeNobody();
        says("mine", "no right to open /dev/net/tun. Get it from the host's administrator");
    }

    private void says(String name, String expected) {
        String message =
                assertThrows(NetException.class, () -> host.call(() -> TapNet.open(name)).close())
                        .getMessage();
        assertTrue(message.contains(expected), message);
        assertEquals(1, message.lines().count());
    }
}
