package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hosta on a genuine kvm_amd. One lane boot a test, for that and each JVM start cost seconds. */
@Tag("lane")
class LaneIT {
    /** Each command between marks, its standard error in the part NAME.err, its end in the mark. */
    private static final String PARTS =
            """
            part() {
                name=$1; shift
                echo "begin $name"; timeout 100 "$@" 2>/run/err; status=$?
                echo; echo "end $name $status"
                echo "begin $name.err"; cat /run/err; echo "end $name.err 0"
            }
            """;

    @Test
    void runsTheBuiltInGuests() {
        LaneRun lane =
                LaneRun.shell(
                                "guests",
                                400,
                                PARTS
                                        + """
                                        hosta=cli/bin/hosta
                                        part hello $hosta run hello lane < /dev/null
                                        part status $hosta run status 7 < /dev/null
                                        part crash $hosta run crash < /dev/null
                                        part spin $hosta run --timeout 2s spin < /dev/null
                                        part smp $hosta run --cpus 4 smp < /dev/null
                                        printf 'two words\\004' > /run/typed
                                        part echo $hosta run echo < /run/typed
                                        """)
                        .succeeded();
        assertAll(
                () -> assertEquals(0, lane.statusOf("hello"), lane.part("hello.err")),
                () -> assertTrue(lane.part("hello").contains("Hello from ring 0."), lane.output()),
                () -> assertTrue(lane.part("hello").contains("command line: lane"), lane.output()),
                () -> assertEquals(7, lane.statusOf("status"), lane.output()),
                () -> assertEquals(126, lane.statusOf("crash"), lane.output()),
                () -> assertTrue(lane.part("crash.err").contains("triple fault"), lane.output()),
                () -> assertTrue(lane.part("crash.err").contains("walk of rip"), lane.output()),
                () -> assertEquals(124, lane.statusOf("spin"), lane.output()),
                () -> assertEquals(0, lane.statusOf("smp"), lane.output()),
                () -> assertTrue(lane.part("smp").contains("4 of 4 CPUs reported"), lane.output()),
                () -> assertEquals(0, lane.statusOf("echo"), lane.part("echo.err")),
                () -> assertTrue(lane.part("echo").contains("two words"), lane.output()));
    }

    @Test
    void aStockKernelIsTypedAt() {
        LaneRun lane =
                LaneRun.shell(
                                "linux",
                                900,
                                PARTS
                                        + """
                                        linux="cli/bin/hosta run --initrd $LANE_CACHE/guest.cpio --kernel"
                                        bz=$(echo "$LANE_CACHE"/k-cloud/boot/vmlinuz-*)
                                        at="timeout 320 python3 -B src-test-images/lane/linux-shell.py"
                                        $at --cpus 1 --reboot -- $linux "$bz" --append 'console=ttyS0 quiet'
                                        echo "typed at 1: $?"
                                        $at --cpus 2 -- $linux "$bz" --cpus 2 --append 'console=ttyS0 quiet'
                                        echo "typed at 2: $?"
                                        part pvh $linux "$LANE_CACHE/k-cloud/vmlinux" \
                                            --append 'console=ttyS0 quiet hosta.run="uname -r"' < /dev/null
                                        """)
                        .succeeded();
        assertAll(
                () -> assertTrue(lane.output().contains("\ntyped at 1: 0\n"), lane.output()),
                () -> assertTrue(lane.output().contains("\ntyped at 2: 0\n"), lane.output()),
                () -> assertEquals(0, lane.statusOf("pvh"), lane.output()),
                () -> assertTrue(lane.part("pvh").contains("hosta: run status 0"), lane.output()));
    }

    @Test
    void theKvmTestsHoldThere() {
        LaneRun lane = LaneRun.script("kvm-tests", 540).succeeded();
        assertTrue(lane.output().contains(" 0 tests failed "), lane.output());
        assertTrue(lane.output().contains(" 0 tests skipped "), lane.output());
    }
}
