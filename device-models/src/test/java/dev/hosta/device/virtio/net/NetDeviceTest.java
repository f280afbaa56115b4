package dev.hosta.device.virtio.net;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.backend.NetBackend.Offload;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioNet;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/** A network card behind registers, driven as a guest drives it. */
class NetDeviceTest {
    private static final String MAC = NetRig.MAC.toString();
    private static final long LARGE =
            VirtioNet.F_GUEST_TSO4
                    | VirtioNet.F_GUEST_TSO6
                    | VirtioNet.F_GUEST_USO4
                    | VirtioNet.F_GUEST_USO6;

    private static byte[] header(int flags, int gso, int gsoSize, int start, int offset) {
        byte[] bytes = NetRig.frame(MAC, 100);
        bytes[0] = (byte) flags;
        bytes[1] = (byte) gso;
        bytes[2] = 54;
        bytes[4] = (byte) gsoSize;
        bytes[5] = (byte) (gsoSize >> 8);
        bytes[6] = (byte) start;
        bytes[8] = (byte) offset;
        bytes[9] = (byte) (offset >> 8);
        return bytes;
    }

    @Test
    void theConfigurationTellsTheCard() {
        NetSettings settings =
                new NetSettings(
                        NetRig.MAC, 1400, RateLimit.Rate.UNLIMITED, RateLimit.Rate.UNLIMITED);
        NetRig rig = new NetRig(new FakeNet(), settings, 0);
        assertEquals(0x0001_5634_1200_5452L, rig.device.readConfig(0, 8));
        assertEquals(1400, rig.device.readConfig(VirtioNet.CONFIG_MTU, 2));
        assertEquals(0, rig.device.readConfig(VirtioNet.CONFIG_BYTES, 8));
        assertTrue((rig.device.features() & VirtioNet.F_MTU) != 0);
        NetRig plain = new NetRig(new FakeNet(Set.of()), NetSettings.of(NetRig.MAC), 0);
        long none = VirtioNet.F_CSUM | VirtioNet.F_MTU | NetConfig.GUEST_OFFLOADS;
        assertEquals(0, plain.device.features() & none);
        assertEquals(Set.of(), plain.net.taken());
        FakeNet some = new FakeNet(EnumSet.of(Offload.CHECKSUM, Offload.TSO4));
        NetRig four = new NetRig(some, NetSettings.of(NetRig.MAC), 0);
        assertEquals(EnumSet.of(Offload.CHECKSUM, Offload.TSO4), some.taken());
        assertEquals(
                VirtioNet.F_GUEST_CSUM | VirtioNet.F_GUEST_TSO4,
                four.device.features() & NetConfig.GUEST_OFFLOADS);
        MacAddress group = MacAddress.parse("01:00:5e:00:00:01");
        assertThrows(IllegalArgumentException.class, () -> NetSettings.of(group));
        assertThrows(IllegalArgumentException.class, () -> MacAddress.parse("52:54:0:12:34:56"));
    }

    @Test
    void aLargeFrameSpreadsOverSmallBuffersSeenAtOnce() {
        NetRig rig = new NetRig();
        rig.giveBuffers(16, 4096); // fewer than the largest frame needs, and no more will come
        byte[] frame = NetRig.frame(MAC, 10_000);
        frame[1] = VirtioNet.GSO_TCPV4;
        rig.rig.memory().forgetDirty();
        rig.net.arrive(frame);
        for (int left = frame.length; left > 0; left -= 4096) {
            assertEquals(Math.min(left, 4096), rig.rx().poll().orElseThrow().writtenBytes());
        }
        assertTrue(rig.rx().poll().isEmpty());
        assertEquals(3, rig.rig.memory().loadU16(rig.rxGpa(0, 4096) + 10));
        frame[10] = 3;
        assertArrayEquals(frame, rig.bytesAt(rig.rxGpa(0, 4096), frame.length));
        assertTrue(rig.rig.memory().isDirty(rig.rxGpa(2, 4096)));
        rig.net.arrive(NetRig.frame(MAC, 60));
        assertEquals(72, rig.rx().poll().orElseThrow().writtenBytes());
        assertEquals(1, rig.rig.memory().loadU16(rig.rxGpa(3, 4096) + 10));
        assertEquals(10_060, rig.device.counters().get("rx_bytes"));
    }

    @Test
    void aDriverThatWasGivenBuffersIsLeftTimeToBringThemBack() {
        NetRig rig = new NetRig();
        rig.giveBuffers(2, 4096);
        rig.net.arrive(NetRig.frame(MAC, 60));
        assertEquals(1, rig.rig.collect(VirtioNet.RX_QUEUE));
        rig.net.arrive(NetRig.frame(MAC, 6000));
        assertFalse(rig.net.isAwaited());
        assertEquals(1, rig.net.waiting());
        rig.rx().needsNotification();
        rig.rx().add(fromDevice(rig.rxGpa(0, 4096), 4096));
        assertTrue(rig.rx().needsNotification());
        rig.rig.kick(VirtioNet.RX_QUEUE);
        assertEquals(2, rig.rig.collect(VirtioNet.RX_QUEUE));
        assertEquals(0, rig.device.frameCounters().rxDropped());
    }

    @Test
    void withoutMergingAFrameHasOneChain() {
        NetRig rig = new NetRig(new FakeNet(), NetSettings.of(NetRig.MAC), VirtioNet.F_MRG_RXBUF);
        long at = rig.rxGpa(0, 4096);
        rig.rx().add(fromDevice(at, 11), fromDevice(at + 11, 4), fromDevice(at + 15, 600));
        rig.rx().add(fromDevice(at + 0x1000, 2000));
        rig.rig.kick(VirtioNet.RX_QUEUE);
        rig.net.arrive(NetRig.frame(MAC, 1000));
        assertEquals(0, rig.rig.collect(VirtioNet.RX_QUEUE));
        assertEquals(1, rig.device.frameCounters().rxDropped());
        rig.net.arrive(NetRig.frame(MAC, 60));
        assertEquals(72, rig.rx().poll().orElseThrow().writtenBytes());
        byte[] frame = NetRig.frame(MAC, 60);
        frame[10] = 1;
        assertArrayEquals(frame, rig.bytesAt(at, 72));
        rig.net.arrive(NetRig.frame(MAC, 1000));
        assertEquals(1012, rig.rx().poll().orElseThrow().writtenBytes());
    }

    @Test
    void withoutBuffersTheHostIsNotAsked() {
        NetRig rig = new NetRig();
        assertFalse(rig.net.isAwaited());
        int receives = rig.net.receives();
        rig.net.arrive(NetRig.frame(MAC, 60));
        assertEquals(receives, rig.net.receives());
        rig.giveBuffers(1, 2048);
        assertEquals(1, rig.rig.collect(VirtioNet.RX_QUEUE));
    }

    @Test
    void framesForOthersAreDroppedAndTheirBufferUsedAgain() {
        NetRig rig = new NetRig();
        rig.giveBuffers(12, 2048);
        String other = "52:54:00:00:00:01";
        String group = "33:33:00:00:00:01";
        String everyone = "ff:ff:ff:ff:ff:ff";
        assertEquals("1111", taken(rig, MAC, other, group, everyone));
        assertTrue(rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_PROMISC, 0));
        assertEquals("1001", taken(rig, MAC, other, group, everyone));
        assertTrue(rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_ALLMULTI, 1));
        assertEquals("1011", taken(rig, MAC, other, group, everyone));
        rig.giveBuffers(8, 2048);
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_ALLMULTI, 0);
        int[] table = {1, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 1, 1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 1};
        assertTrue(rig.control(VirtioNet.CTRL_MAC, VirtioNet.CTRL_MAC_TABLE_SET, table));
        assertEquals("1110", taken(rig, MAC, other, group, "33:33:00:00:00:02"));
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_NOUNI, 1);
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_NOMULTI, 1);
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_NOBCAST, 1);
        assertEquals("0000", taken(rig, MAC, other, group, everyone));
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_NOUNI, 0);
        rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_ALLUNI, 1);
        assertEquals("1100", taken(rig, MAC, "52:54:00:00:00:09", group, everyone));
        assertEquals(2 + 1 + 1 + 4 + 2, rig.device.frameCounters().rxFiltered());
    }

    private static String taken(NetRig rig, String... destinations) {
        StringBuilder taken = new StringBuilder();
        for (String destination : destinations) {
            rig.net.arrive(NetRig.frame(destination, 60));
            taken.append(rig.rig.collect(VirtioNet.RX_QUEUE));
        }
        return taken.toString();
    }

    @Test
    void controlCommandsThatAreNoneAreRefused() {
        NetRig rig = new NetRig();
        int mac = VirtioNet.CTRL_MAC;
        assertFalse(rig.control(99, 0, 1));
        assertFalse(rig.control(VirtioNet.CTRL_RX, 6, 1));
        assertFalse(rig.control(VirtioNet.CTRL_RX, 0));
        assertFalse(rig.control(VirtioNet.CTRL_RX, 0, 2));
        assertFalse(rig.control(mac, VirtioNet.CTRL_MAC_ADDR_SET, 1, 0, 0, 0, 0, 1));
        assertFalse(rig.control(mac, VirtioNet.CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0));
        assertFalse(rig.control(mac, 0, 0, 0, 0, 0));
        assertFalse(rig.control(mac, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff));
        assertFalse(rig.control(mac, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
        assertFalse(rig.control(mac, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
        assertFalse(rig.control(mac, 2));
        assertFalse(rig.control(VirtioNet.CTRL_ANNOUNCE, 1));
        assertFalse(rig.control(VirtioNet.CTRL_GUEST_OFFLOADS, 0, 1, 0, 0, 0, 0, 0, 0, 0));
        assertFalse(rig.control(VirtioNet.CTRL_GUEST_OFFLOADS, 0, 2, 0, 0, 0));
        assertTrue(rig.control(VirtioNet.CTRL_GUEST_OFFLOADS, 0, 2, 0, 0, 0, 0, 0, 0, 0));
        assertEquals(Set.of(Offload.CHECKSUM), rig.net.taken());
        rig.rig.bringUp(VirtioNet.F_CTRL_VQ);
        assertFalse(rig.control(VirtioNet.CTRL_RX, 0, 1));
        assertEquals(EnumSet.allOf(Offload.class), rig.net.taken());
    }

    @Test
    void headersPassWhereTheyAreAgreedAndAreCleanedOrRefusedElsewhere() {
        NetRig rig = new NetRig();
        byte[] tso = header(1, VirtioNet.GSO_TCPV4 | VirtioNet.GSO_ECN, 1448, 34, 16);
        rig.send(tso);
        byte[] dirty = header(0xfe, 0x80, 99, 77, 300);
        dirty[10] = 5;
        rig.send(dirty);
        byte[] clean = NetRig.frame(MAC, 100);
        assertArrayEquals(tso, rig.net.sent().get(0));
        assertArrayEquals(clean, rig.net.sent().get(1));
        byte[][] bad = {
            header(1, 0, 0, 34, 65),
            header(1, 0, 0, 34, 0xffff),
            header(1, 0, 0, 13, 2),
            header(0, VirtioNet.GSO_TCPV4, 1448, 0, 0),
            header(1, VirtioNet.GSO_TCPV6, 0, 34, 16),
            header(1, 3, 1448, 34, 16),
            header(1, 2, 1448, 34, 16),
            header(1, VirtioNet.GSO_UDP_L4 | VirtioNet.GSO_ECN, 1448, 34, 6),
            Arrays.copyOf(clean, 25),
        };
        int given = 0;
        for (byte[] bytes : bad) {
            rig.send(bytes);
            given += rig.rig.collect(VirtioNet.TX_QUEUE);
        }
        assertEquals(2, rig.net.sent().size());
        assertEquals(bad.length, rig.device.frameCounters().txDropped());
        assertEquals(2 + bad.length, given);
        rig.rig.bringUp(VirtioNet.F_HOST_TSO4);
        rig.send(header(1, VirtioNet.GSO_TCPV4, 1448, 34, 16));
        rig.send(header(1, VirtioNet.GSO_TCPV6, 1448, 54, 16));
        assertEquals(3, rig.net.sent().size());
        rig.rig.bringUp(VirtioNet.F_CSUM);
        rig.send(header(1, 0, 0, 34, 16));
        assertArrayEquals(clean, rig.net.sent().get(3));
    }

    @Test
    void theLargestFrameIsSentAndALargerOneIsNot() {
        NetRig rig = new NetRig();
        byte[] largest = NetRig.frame(MAC, NetBackend.MAX_FRAME_BYTES - 12);
        long at = rig.rig.dataGpa(VirtioNet.CTRL_QUEUE); // the room below is the sender's too
        assertTrue(at < rig.rig.dataGpa(VirtioNet.TX_QUEUE));
        rig.rig.memory().write(at, MemorySegment.ofArray(largest));
        for (int more = 0; more < 2; more++) {
            rig.rig.queue(VirtioNet.TX_QUEUE).add(toDevice(at, largest.length + more));
        }
        int flushes = rig.net.flushes();
        rig.rig.kick(VirtioNet.TX_QUEUE);
        assertEquals(1, rig.net.sent().size());
        assertArrayEquals(largest, rig.net.sent().get(0));
        assertEquals(1, rig.device.frameCounters().txDropped());
        assertEquals(1, rig.net.flushes() - flushes, "once a batch");
    }

    @Test
    void whereThereIsNoRoomFramesWait() {
        NetRig rig = new NetRig();
        rig.net.full(true);
        rig.send(NetRig.frame(MAC, 60));
        rig.send(NetRig.frame(MAC, 61));
        assertEquals(0, rig.rig.collect(VirtioNet.TX_QUEUE));
        rig.net.full(false);
        assertEquals(2, rig.rig.collect(VirtioNet.TX_QUEUE));
        assertEquals(2, rig.device.counters().get("tx_frames"));
        assertEquals(121, rig.device.counters().get("tx_bytes"));
    }

    @Test
    void theLinkGoesDownAndUp() {
        NetRig rig = new NetRig();
        assertEquals(VirtioNet.S_LINK_UP, rig.status());
        rig.net.link(false);
        assertEquals(0, rig.status());
        assertTrue(rig.takeConfigChange());
        rig.pause();
        rig.net.link(true);
        assertFalse(rig.takeConfigChange());
        rig.resume();
        assertEquals(VirtioNet.S_LINK_UP, rig.status());
        assertTrue(rig.takeConfigChange());
        rig.net.link(true);
        assertFalse(rig.takeConfigChange());
    }

    @Test
    void theDriverIsAskedToAnnounceItself() {
        NetRig rig = new NetRig();
        rig.device.announce();
        assertEquals(VirtioNet.S_LINK_UP | VirtioNet.S_ANNOUNCE, rig.status());
        assertTrue(rig.takeConfigChange());
        assertTrue(rig.control(VirtioNet.CTRL_ANNOUNCE, VirtioNet.CTRL_ANNOUNCE_ACK));
        assertEquals(VirtioNet.S_LINK_UP, rig.status());
        rig.rig.bringUp(VirtioNet.F_GUEST_ANNOUNCE);
        rig.device.announce();
        assertEquals(VirtioNet.S_LINK_UP, rig.status());
        assertFalse(rig.takeConfigChange());
    }

    @Test
    void switchesAreToldWhereTheStationIs() {
        NetRig rig = new NetRig();
        rig.pause();
        rig.device.tellAddress();
        assertEquals(0, rig.net.sent().size());
        rig.resume();
        rig.device.tellAddress();
        byte[] frame = rig.net.sent().getLast();
        String mac = HexFormat.of().formatHex(NetRig.MAC.toBytes());
        assertEquals(
                "00".repeat(FakeNet.HEADER_BYTES)
                        + "ffffffffffff"
                        + mac
                        + "80350001080006040003"
                        + mac
                        + "00000000"
                        + mac
                        + "00000000"
                        + "00".repeat(18),
                HexFormat.of().formatHex(frame));
        rig.net.full(true);
        rig.device.tellAddress();
        assertEquals(1, rig.net.sent().size());
    }

    @Test
    void ratesHoldBothWaysByThemselves() {
        RateLimit.Rate frames = new RateLimit.Rate(1000, 2, 0, 0);
        NetSettings settings = new NetSettings(NetRig.MAC, 0, frames, frames);
        NetRig rig = new NetRig(new FakeNet(), settings, LARGE | VirtioFeatures.EVENT_IDX);
        rig.giveBuffers(8, 2048);
        for (int i = 0; i < 4; i++) {
            rig.net.arrive(NetRig.frame(MAC, 60));
            rig.send(NetRig.frame(MAC, 60));
        }
        assertEquals(2, rig.rig.collect(VirtioNet.RX_QUEUE));
        assertEquals(2, rig.net.sent().size());
        assertFalse(rig.net.isAwaited());
        rig.alarm.advance(1_000_000);
        assertEquals(1, rig.rig.collect(VirtioNet.RX_QUEUE));
        assertEquals(3, rig.net.sent().size());
        rig.pause();
        assertFalse(rig.alarm.isSet());
        rig.alarm.advance(1_000_000);
        assertEquals(3, rig.net.sent().size());
        rig.resume();
        assertEquals(1, rig.rig.collect(VirtioNet.RX_QUEUE));
        assertEquals(4, rig.net.sent().size());
        assertEquals(4, rig.rig.collect(VirtioNet.TX_QUEUE));
    }

    @Test
    void aResetLetsGoOfTheHostAndOfWhatTheDriverSaid() {
        NetRig rig = new NetRig();
        rig.control(VirtioNet.CTRL_MAC, VirtioNet.CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0, 7);
        rig.rig.registers().write(VirtioMmio.STATUS, 0);
        assertFalse(rig.net.isInUse());
        assertEquals(0x5634_1200_5452L, rig.device.readConfig(0, 8) & 0xffff_ffff_ffffL);
        rig.close();
        assertTrue(rig.net.isClosed());
    }
}
