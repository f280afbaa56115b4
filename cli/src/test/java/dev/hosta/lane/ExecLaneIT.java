package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Commands in a stock kernel, without anything prepared in the guest, on a genuine KVM. */
@Tag("lane")
final class ExecLaneIT {
    @Test
    void commandsRunInAStockKernelAndItsPanicIsACrash() {
        LaneRun lane = LaneRun.script("exec-test", 400).succeeded();
        assertTrue(lane.output().contains("exec-test: all right\n"), lane.output());
    }
}
