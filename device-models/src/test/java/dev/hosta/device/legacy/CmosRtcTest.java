package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.device.state.StatefulContract;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

class CmosRtcTest implements StatefulContract<CmosRtc, CmosRtcState.V1> {
    private static final long MIB = 1 << 20;
    private static final int A = 0x0a;
    private static final int B = 0x0b;
    private static final int C = 0x0c;
    private static final int D = 0x0d;
    private static final int[] TIME = {0x32, 9, 8, 7, 4, 2, 0, 6};

    private final ManualClock clock = new ManualClock("2026-02-28T23:59:58.5Z");
    private final CmosRtc rtc = new CmosRtc(clock, 3072 * MIB, 1024 * MIB);

    @Test
    void showsTheHostsTimeInBcd() {
        assertTime("20 26 02 28 23 59 58 07");
        clock.advance(Duration.ofSeconds(2));
        assertTime("20 26 03 01 00 00 00 01");
        assertEquals(0x02, get(B));
    }

    @Test
    void showsItInBinaryAndInTwelveHours() {
        set(B, 0x06);
        assertTime("14 1a 02 1c 17 3b 3a 07");
        set(B, 0x00);
        assertEquals(0x91, get(4));
        clock.advance(Duration.ofSeconds(2));
        assertEquals(0x12, get(4));
        clock.advance(Duration.ofHours(12));
        assertEquals(0x92, get(4));
        clock.advance(Duration.ofHours(1));
        assertEquals(0x81, get(4));
    }

    @Test
    void updateInProgressLastsAQuarterOfAMillisecondASecond() {
        assertEquals(0x26, get(A));
        clock.advance(Duration.ofNanos(499_755_858));
        assertEquals(0x26, get(A));
        clock.advance(Duration.ofNanos(1));
        assertEquals(0xa6, get(A));
        clock.advance(Duration.ofNanos(244_140));
        assertEquals(0xa6, get(A));
        clock.advance(Duration.ofNanos(1));
        assertEquals(0x26, get(A));
    }

    @Test
    void theGuestSetsTheTimeAsLinuxDoes() {
        set(B, get(B) | 0x80);
        set(A, get(A) | 0x70);
        String[] time = "19 99 12 31 23 59 30 06".split(" ");
        for (int i = 0; i < TIME.length; i++) {
            set(TIME[i], Integer.parseInt(time[i], 16));
        }
        clock.advance(Duration.ofMinutes(5));
        assertTime("19 99 12 31 23 59 30 06");
        assertEquals(0, get(A) & 0x80);
        set(B, 0x02);
        set(A, 0x26);
        assertTime("19 99 12 31 23 59 30 06");
        clock.advance(Duration.ofSeconds(45));
        assertTime("20 00 01 01 00 00 15 07");
    }

    @Test
    void aSingleFieldWrittenWhileTheClockRunsIsTaken() {
        set(0x04, 0x10);
        assertTime("20 26 02 28 10 59 58 07");
        clock.advance(Duration.ofSeconds(2));
        assertTime("20 26 02 28 11 00 00 07");
    }

    @Test
    void timeInTwelveHoursComesBackAsItWasSet() {
        for (int hour : new int[] {0x12, 0x01, 0x11, 0x92, 0x81, 0x91}) {
            set(B, 0x80);
            set(4, hour);
            set(B, 0x00);
            assertEquals(hour, get(4));
        }
    }

    @Test
    void rubbishInTheCellsIsATimeAllTheSame() {
        for (int mode : new int[] {0x00, 0x02, 0x04, 0x06}) {
            for (int value = 0; value < 256; value++) {
                set(B, 0x80 | mode);
                for (int cell : TIME) {
                    set(cell, value);
                }
                set(B, mode);
                for (int cell : TIME) {
                    get(cell);
                }
                assertEquals(rtc.exportState(), rtc.exportState().latest());
            }
        }
    }

    @Test
    void registersCAndDAreReadOnly() {
        set(C, 0xff);
        set(D, 0x00);
        assertEquals(0x00, get(C));
        assertEquals(0x80, get(D));
        assertEquals(0xff, rtc.readByte(0));
    }

    @Test
    void firmwareBytesTellTheMemorySize() {
        assertEquals(640, get(0x15) | get(0x16) << 8);
        assertEquals(0xffff, get(0x17) | get(0x18) << 8);
        assertEquals(0xffff, get(0x30) | get(0x31) << 8);
        assertEquals((3072 - 16) * 16, get(0x34) | get(0x35) << 8);
        assertEquals(1024 * 16, get(0x5b) | get(0x5c) << 8 | get(0x5d) << 16);
        CmosRtc small = new CmosRtc(clock, 8 * MIB, 0);
        small.writeByte(0, 0x34);
        assertEquals(0, small.readByte(1));
        small.writeByte(0, 0x18);
        assertEquals(7 * 1024 >> 8, small.readByte(1));
    }

    @Test
    void memoryKeepsWhatIsWrittenAcrossAReset() {
        set(0x40, 0xa5);
        set(0xc1, 0x5a); // bit 7 is the NMI mask
        set(0x05, 0x23);
        set(B, 0x72);
        rtc.reset();
        assertEquals(0xa5, get(0x40));
        assertEquals(0x5a, get(0x41));
        assertEquals(0x23, get(0x05));
        assertEquals(0x02, get(B));
    }

    private int get(int register) {
        rtc.writeByte(0, register);
        return rtc.readByte(1);
    }

    private void set(int register, int value) {
        rtc.writeByte(0, register);
        rtc.writeByte(1, value);
    }

    /** Century, year, month, day, hour, minute, second, day of the week; hex. */
    private void assertTime(String expected) {
        List<String> cells = new ArrayList<>();
        for (int cell : TIME) {
            cells.add(String.format("%02x", get(cell)));
        }
        assertEquals(expected, String.join(" ", cells));
    }

    @Override
    public CmosRtc newDevice() {
        return new CmosRtc(new ManualClock("2026-02-28T23:59:58.5Z"), 64 * MIB, 0);
    }

    @Override
    public List<Consumer<CmosRtc>> drives() {
        return List.of(
                device -> {
                    device.write(0, 2, 0x2f0a);
                    device.write(0, 2, 0x130b);
                    device.write(0, 2, 0x1104);
                },
                device -> {
                    device.write(0, 2, 0x820b);
                    device.write(0, 2, 0x5900);
                    device.write(0, 2, 0x7770);
                });
    }

    @Override
    public CmosRtcState.V1 afterReset(CmosRtcState.V1 fresh, CmosRtcState.V1 before) {
        return state(
                0,
                before.statusA(),
                before.statusB() & 0x87,
                before.offsetSeconds(),
                before.cells());
    }

    private static CmosRtcState.V1 state(
            int index, int statusA, int statusB, long offsetSeconds, List<Integer> cells) {
        return new CmosRtcState.V1(index, statusA, statusB, offsetSeconds, cells);
    }

    @Override
    public Map<String, Supplier<CmosRtcState.V1>> brokenStates() {
        List<Integer> good = Collections.nCopies(128, 0);
        return Map.of(
                "index", () -> state(128, 0, 0, 0, good),
                "statusA", () -> state(0, 0x80, 0, 0, good),
                "statusB", () -> state(0, 0, 0x100, 0, good),
                "offsetSeconds", () -> state(0, 0, 0, Long.MAX_VALUE, good),
                "cells", () -> state(0, 0, 0, 0, Collections.nCopies(127, 0)),
                "cells/value", () -> state(0, 0, 0, 0, Collections.nCopies(128, 256)),
                "cells/null", () -> state(0, 0, 0, 0, Collections.nCopies(128, null)));
    }
}
