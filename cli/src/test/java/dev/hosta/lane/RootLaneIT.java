package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stock kernel with its root file system on a virtio disk, up to a login, on a genuine KVM. */
@Tag("lane")
final class RootLaneIT {
    @Test
    void aUserLogsInToALinuxOnADisk() {
        LaneRun lane = LaneRun.script("root-test", 400).succeeded();
        assertTrue(lane.output().contains("root-test: all right\n"), lane.output());
    }
}
