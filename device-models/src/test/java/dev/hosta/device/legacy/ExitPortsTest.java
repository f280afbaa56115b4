package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.device.lifecycle.GuestRequest;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** The ports without a state. */
class ExitPortsTest {
    private final List<GuestRequest> requests = new ArrayList<>();

    @Test
    void debugExitReportsOddStatusesAsQemuDoes() {
        DebugExit port = new DebugExit(requests::add);
        port.write(0, 4, 0);
        port.write(0, 4, 3);
        port.write(0, 1, 0xff);
        port.write(0, 4, 0xffff_ffffL);
        port.write(1, 2, 0x40);
        assertEquals(exits(1, 7, 255, 255, 129), requests);
        assertEquals(0, port.read(0, 4));
    }

    @Test
    void exitStatusReportsAnyStatus() {
        ExitStatus port = new ExitStatus(requests::add);
        port.write(0, 1, 0);
        port.write(0, 1, 7);
        port.write(0, 1, 255);
        assertEquals(exits(0, 7, 255), requests);
        assertEquals(0, port.read(0, 1));
    }

    @Test
    void onlyAPanicThatNothingGoesOnFromIsOne() {
        PanicPort port = new PanicPort(requests::add);
        assertEquals(3, port.read(0, 1));
        for (int value : new int[] {0, 2, 4, 0xfe}) {
            port.write(0, 1, value);
        }
        assertEquals(List.of(), requests);
        port.write(0, 1, 1);
        port.write(0, 1, 0xff);
        assertEquals(List.of(new GuestRequest.Panic(), new GuestRequest.Panic()), requests);
    }

    @Test
    void postCodesAreSwallowed() {
        PostCodePort port = new PostCodePort();
        port.write(0, 1, 0x55);
        assertEquals(0xff, port.read(0, 1));
    }

    private static List<GuestRequest> exits(int... statuses) {
        List<GuestRequest> expected = new ArrayList<>();
        for (int status : statuses) {
            expected.add(new GuestRequest.Exit(status));
        }
        return expected;
    }
}
