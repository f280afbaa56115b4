package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stock kernel's files on virtio disks, powered off and killed, on a genuine KVM. */
@Tag("lane")
final class DiskLaneIT {
    @Test
    void aStockKernelKeepsItsFiles() {
        LaneRun lane = LaneRun.script("disk-test", 900).succeeded();
        assertTrue(lane.output().contains("disk-test: all right\n"), lane.output());
    }
}
