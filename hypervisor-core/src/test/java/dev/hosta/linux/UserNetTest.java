package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.linux.PortForward.Protocol;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The real passt, in a network namespace that has one interface with an address and a route. */
@Timeout(120)
final class UserNetTest {
    private static final int ADDRESS = Packets.address(10, 9, 8, 7);
    private static final List<PortForward> WEB =
            List.of(new PortForward(Protocol.TCP, "127.0.0.1", 18080, 80));

    private NetThread host;
    private TapNet uplink;

    @BeforeEach
    void makeNamespace() throws Exception {
        host = new NetThread();
        boolean installed =
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "passt")));
        if (!installed) {
            System.out.println("SKIPPED: passt is not installed");
        }
        assumeTrue(installed, "passt is not installed");
    }

    @AfterEach
    void leave() {
        if (uplink != null) {
            uplink.close();
        }
        if (host != null) {
            host.close();
        }
    }

    private void plugIn() throws Exception {
        uplink = host.call(() -> TapNet.open("uplink"));
        host.ip("addr add 10.9.8.7/24 dev uplink");
        host.ip("route add default via 10.9.8.1");
    }

    private NetPeer attach(List<PortForward> forwards) throws Exception {
        return host.call(() -> new NetPeer(UserNet.open(forwards, 0)));
    }

    private static boolean runs(int pid) {
        return ProcessHandle.of(pid).isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givesTheHostsAddressByDhcpAndEndsWithTheGuest(boolean asNobody) throws Exception {
        plugIn();
        if (asNobody) {
            host.becomeNobody();
        }
        NetPeer guest = attach(List.of());
        int pid = ((UserNet) guest.net).pid();
        guest.send(Packets.dhcpDiscover());
        byte[] offer = guest.await(frame -> Packets.isUdpTo(frame, 68));
        ByteBuffer ip = Packets.ip(offer);
        assertEquals(0x12345678, ip.getInt(28 + 4));
        assertEquals(ADDRESS, ip.getInt(28 + 16));
        for (int i = 0; i < 12; i++) {
            assertEquals(0, offer[i], "header");
        }
        assertTrue(runs(pid));
        guest.close();
        assertFalse(runs(pid));
    }

    @Test
    void leadsAPortOfTheHostToTheGuest() throws Exception {
        plugIn();
        host.becomeNobody();
        try (NetPeer guest = attach(WEB)) {
            guest.send(Packets.dhcpDiscover());
            guest.await(frame -> Packets.isUdpTo(frame, 68));
            InetAddress loopback = InetAddress.getByName("127.0.0.1");
            try (Socket client = host.call(() -> new Socket(loopback, 18080))) {
                client.getOutputStream().write("hello guest".getBytes(StandardCharsets.UTF_8));
                byte[] syn = guest.await(frame -> Packets.isTcpTo(frame, 80));
                ByteBuffer ip = Packets.ip(syn);
                int peer = ip.getInt(12);
                int peerPort = ip.getShort(20) & 0xffff;
                byte[] mac = Arrays.copyOfRange(syn, 18, 24);
                int next = ip.getInt(24) + 1;
                int both = Packets.TCP_SYN | Packets.TCP_ACK;
                guest.send(Packets.tcp(mac, ADDRESS, 80, peer, peerPort, 1000, next, both));
                byte[] data =
                        guest.await(
                                frame ->
                                        Packets.isTcpTo(frame, 80)
                                                && !Packets.data(frame).isEmpty());
                assertEquals("hello guest", Packets.data(data));
            }
        }
    }

    @Test
    void endsByItselfWhereThisProcessIsKilled() throws Exception {
        plugIn();
        Passt passt = host.call(() -> Passt.start(List.of(), 0));
        passt.awaitReady();
        // What the kernel does to a process that is killed: its descriptors are closed.
        passt.socket().close();
        assertTrue(passt.awaitEnd());
        passt.close();
        assertFalse(runs(passt.pid()));
    }

    @Test
    void linkGoesDownWhenPasstIsKilled() throws Exception {
        plugIn();
        try (NetPeer guest = attach(List.of())) {
            assertTrue(guest.net.isLinkUp());
            ProcessHandle.of(((UserNet) guest.net).pid()).orElseThrow().destroyForcibly();
            guest.awaitLink(false);
            guest.send(Packets.dhcpDiscover());
            assertFalse(guest.net.isLinkUp());
        }
    }

    @Test
    void saysWhyPasstRefuses() throws Exception {
        says(List.of(), "External interface not usable. The host needs an interface with an");
        plugIn();
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (ServerSocket taken = host.call(() -> new ServerSocket(18080, 1, loopback))) {
            says(WEB, "Failed to bind any port for '-t 127.0.0.1/18080:80'. Publish another port");
            assertFalse(taken.isClosed());
        }
    }

    private void says(List<PortForward> forwards, String expected) {
        String message =
                assertThrows(
                                NetException.class,
                                () -> {
                                    UserNet net = host.call(() -> UserNet.open(forwards, 0));
                                    try (EventLoop loop = EventLoop.start("x", (t, e) -> {})) {
                                        net.serveOn(loop);
                                    } finally {
                                        net.close();
                                    }
                                })
                        .getMessage();
        assertTrue(message.contains(expected), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void passtGetsNothingOfOursButItsThreeDescriptors() throws Exception {
        plugIn();
        Passt passt = host.call(() -> Passt.start(List.of(), 0));
        try (FileDescriptor secret = FileDescriptor.open(Path.of("/dev/zero"), 0)) {
            passt.awaitReady();
            assertFalse(secret.isClosed());
            try (Stream<Path> all = Files.list(Path.of("/proc/" + passt.pid() + "/fd"))) {
                for (Path fd : all.toList()) {
                    String target = target(fd);
                    assertTrue(target.matches("|/dev/null|(pipe|socket|anon_inode):.*"), target);
                }
            }
        } finally {
            passt.close();
        }
    }

    /** Empty for what passt has closed meanwhile, as it does with its process id's file. */
    private static String target(Path fd) throws IOException {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (NoSuchFileException e) {
            return "";
        }
    }
}
