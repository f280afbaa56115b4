package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stock kernel's network cards, virtio consoles and random bytes, on a genuine KVM. */
@Tag("lane")
final class NetLaneIT {
    @Test
    void anOrdinaryUsersGuestHasANetwork() {
        LaneRun lane = LaneRun.script("net-test", 900).succeeded();
        assertTrue(lane.output().contains("net-test: all right\n"), lane.output());
    }
}
