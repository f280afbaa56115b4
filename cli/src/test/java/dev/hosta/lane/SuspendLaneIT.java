package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stock kernel that writes to a disk and talks over TCP, saved and resumed on a genuine KVM. */
@Tag("lane")
final class SuspendLaneIT {
    @Test
    void aStockKernelAtWorkGoesOnElsewhere() {
        LaneRun lane = LaneRun.script("suspend-test", 900).succeeded();
        assertTrue(lane.output().contains("suspend-test: all right\n"), lane.output());
    }
}
