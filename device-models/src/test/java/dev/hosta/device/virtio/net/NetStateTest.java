package dev.hosta.device.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hosta.device.backend.NetBackend.Offload;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;
import dev.hosta.device.state.StatefulContract;
import dev.hosta.device.virtio.abi.VirtioNet;

import org.junit.jupiter.api.Test;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What every device with a state keeps, by a network card with a driver. */
class NetStateTest implements StatefulContract<NetRig, NetState.V1> {
    private static final StateBytes MAC = bytes("525400123456");
    private static final StateBytes NONE = bytes("");

    private static StateBytes bytes(String hex) {
        return StateBytes.copyOf(HexFormat.of().parseHex(hex));
    }

    @Override
    public NetRig newDevice() {
        return new NetRig();
    }

    @Override
    public List<Consumer<NetRig>> drives() {
        return List.of(
                rig -> rig.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_PROMISC, 0),
                rig ->
                        rig.control(
                                VirtioNet.CTRL_MAC,
                                VirtioNet.CTRL_MAC_ADDR_SET,
                                new int[] {2, 0, 0, 0, 0, 7}),
                rig -> tables(rig, 2, 1),
                rig -> tables(rig, NetFilter.MOST_ADDRESSES + 1, 0),
                rig -> tables(rig, 1, NetFilter.MOST_ADDRESSES + 1),
                rig -> rig.control(VirtioNet.CTRL_GUEST_OFFLOADS, 0, 1 << 1, 0, 0, 0, 0, 0, 0, 0),
                rig -> {
                    rig.resume();
                    rig.device.announce();
                });
    }

    private static void tables(NetRig rig, int unicast, int multicast) {
        int[] data = new int[8 + 6 * (unicast + multicast)];
        data[0] = unicast;
        for (int i = 0; i < unicast; i++) {
            data[4 + 6 * i] = 2;
            data[4 + 6 * i + 5] = 200 - i;
        }
        int at = 4 + 6 * unicast;
        data[at] = multicast;
        for (int i = 0; i < multicast; i++) {
            data[at + 4 + 6 * i] = 1;
            data[at + 4 + 6 * i + 5] = i;
        }
        assertEquals(true, rig.control(VirtioNet.CTRL_MAC, VirtioNet.CTRL_MAC_TABLE_SET, data));
    }

    @Override
    public Map<String, Supplier<NetState.V1>> brokenStates() {
        StateBytes two = bytes("020000000001" + "020000000002");
        StateBytes back = bytes("020000000002" + "020000000001");
        StateBytes many = StateBytes.copyOf(new byte[6 * 65]);
        return Map.ofEntries(
                Map.entry("mac/missing", () -> state(null, 1, NONE, false, NONE, false, 0)),
                Map.entry("mac/length", () -> state(NONE, 1, NONE, false, NONE, false, 0)),
                Map.entry(
                        "mac/group",
                        () -> state(bytes("ffffffffffff"), 1, NONE, false, NONE, false, 0)),
                Map.entry("mode", () -> state(MAC, 64, NONE, false, NONE, false, 0)),
                Map.entry("mode/negative", () -> state(MAC, -1, NONE, false, NONE, false, 0)),
                Map.entry("unicast", () -> state(MAC, 1, null, false, NONE, false, 0)),
                Map.entry("unicast/order", () -> state(MAC, 1, back, false, NONE, false, 0)),
                Map.entry("unicast/overflown", () -> state(MAC, 1, two, true, NONE, false, 0)),
                Map.entry("unicast/many", () -> state(MAC, 1, many, false, NONE, false, 0)),
                Map.entry(
                        "multicast/rest", () -> state(MAC, 1, NONE, false, bytes("01"), false, 0)),
                Map.entry("multicast", () -> state(MAC, 1, NONE, false, back, false, 0)),
                Map.entry("guestOffloads", () -> state(MAC, 1, NONE, false, NONE, false, 1)));
    }

    private static NetState.V1 state(
            StateBytes mac,
            int mode,
            StateBytes unicast,
            boolean unicastOverflown,
            StateBytes multicast,
            boolean multicastOverflown,
            long offloads) {
        return new NetState.V1(
                mac,
                mode,
                unicast,
                unicastOverflown,
                multicast,
                multicastOverflown,
                false,
                offloads);
    }

    @Test
    void offloadsThatTheHostDoesNotHaveAreRefused() {
        NetRig plain = new NetRig(new FakeNet(Set.of()), NetSettings.of(NetRig.MAC), 0);
        NetState.V1 before = plain.exportState();
        NetState.V1 other = new NetRig().exportState();
        assertThrows(InvalidStateException.class, () -> plain.importState(other));
        assertEquals(before, plain.exportState());
    }

    @Test
    void aRestoredCardFiltersAnnouncesAndLeavesWorkAsTheSavedOne() {
        NetRig saved = new NetRig();
        saved.control(VirtioNet.CTRL_RX, VirtioNet.CTRL_RX_PROMISC, 0);
        saved.control(VirtioNet.CTRL_MAC, VirtioNet.CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0, 7);
        saved.control(VirtioNet.CTRL_GUEST_OFFLOADS, 0, 1 << 1, 0, 0, 0, 0, 0, 0, 0);
        saved.pause();
        NetRig other = new NetRig();
        other.pause();
        other.takeConfigChange();
        other.importState(saved.exportState());
        assertEquals(Set.of(Offload.CHECKSUM), other.net.taken());
        assertEquals(0x0700_0000_0002L, other.device.readConfig(0, 8) & 0xffff_ffff_ffffL);
        assertEquals(VirtioNet.S_LINK_UP, other.status());
        assertEquals(false, other.takeConfigChange());
        other.resume();
        assertEquals(VirtioNet.S_LINK_UP | VirtioNet.S_ANNOUNCE, other.status());
        assertEquals(true, other.takeConfigChange());
        other.giveBuffers(2, 2048);
        other.net.arrive(NetRig.frame("52:54:00:12:34:56", 60));
        other.net.arrive(NetRig.frame("02:00:00:00:00:07", 60));
        assertEquals(1, other.rig.collect(VirtioNet.RX_QUEUE));
        other.control(VirtioNet.CTRL_ANNOUNCE, VirtioNet.CTRL_ANNOUNCE_ACK);
        other.pause();
        other.resume();
        assertEquals(VirtioNet.S_LINK_UP, other.status(), "once only");
    }
}
