package dev.hosta.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.bus.AddressSpace;
import dev.hosta.device.bus.BusDevice;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class ExitDispatcherTest {
    /** Remembers writes as {@code offset/width=value}; reads give 0x1122334455667788 + offset. */
    private static final class Recorder implements BusDevice {
        final List<String> writes = new ArrayList<>();

        @Override
        public long read(long offset, int widthBytes) {
            return 0x1122_3344_5566_7788L + offset;
        }

        @Override
        public void write(long offset, int widthBytes, long value) {
            writes.add(offset + "/" + widthBytes + "=" + Long.toHexString(value));
        }
    }

    private final Recorder port = new Recorder();
    private final Recorder window = new Recorder();
    private ExitDispatcher dispatcher;

    @BeforeEach
    void claim() {
        AddressSpace ports = new AddressSpace("port I/O");
        AddressSpace mmio = new AddressSpace("MMIO");
        ports.claim(0x100, 8, "recorder", port);
        mmio.claim(0xd000_0000L, 0x1000, "recorder", window);
        dispatcher = new ExitDispatcher(ports, mmio);
    }

    private static MemorySegment bytes(int... values) {
        MemorySegment data = MemorySegment.ofArray(new byte[values.length]);
        for (int i = 0; i < values.length; i++) {
            data.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
        }
        return data;
    }

    @Test
    void portWritesReachTheDeviceWithOffsetWidthAndLittleEndianValue() {
        ExitAnswer answer =
                dispatcher.dispatch(new VcpuExit.PortOut(0x102, 2, 1, bytes(0x34, 0x12)));
        assertSame(ExitAnswer.RESUME, answer);
        assertEquals(List.of("2/2=1234"), port.writes);
    }

    @Test
    void repeatedPortWritesGoToTheSamePortInOrder() {
        dispatcher.dispatch(new VcpuExit.PortOut(0x100, 1, 3, bytes(1, 2, 0xff)));
        assertEquals(List.of("0/1=1", "0/1=2", "0/1=ff"), port.writes);
    }

    @Test
    void portReadsFillEveryItem() {
        MemorySegment data = bytes(0, 0, 0, 0);
        dispatcher.dispatch(new VcpuExit.PortIn(0x101, 2, 2, data));
        assertEquals(0x7789, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0) & 0xffff);
        assertEquals(0x7789, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2) & 0xffff);
    }

    @Test
    void unclaimedReadsAreAllOnes() {
        MemorySegment data = bytes(0, 0, 0, 0, 0, 0, 0, 0);
        dispatcher.dispatch(new VcpuExit.MmioRead(0xe000_0000L, 8, data));
        assertEquals(-1L, data.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
    }

    @Test
    void mmioOfEveryPowerOfTwoIsOneAccess() {
        MemorySegment data = bytes(8, 7, 6, 5, 4, 3, 2, 1);
        dispatcher.dispatch(new VcpuExit.MmioWrite(0xd000_0010L, 8, data));
        assertEquals(List.of("16/8=102030405060708"), window.writes);
    }

    @Test
    void fragmentsOfOddWidthAreServedByteByByte() {
        dispatcher.dispatch(new VcpuExit.MmioWrite(0xd000_0ffdL, 3, bytes(1, 2, 3)));
        assertEquals(List.of("4093/1=1", "4094/1=2", "4095/1=3"), window.writes);
    }

    @Test
    void anMmioGpaNearTheEndOfTheAddressSpaceDoesNotThrow() {
        MemorySegment data = bytes(0, 0, 0, 0, 0, 0, 0, 0);
        dispatcher.dispatch(new VcpuExit.MmioRead(-4L, 8, data));
        dispatcher.dispatch(new VcpuExit.MmioWrite(-1L, 7, data.asSlice(0, 7)));
        dispatcher.dispatch(new VcpuExit.PortOut(0xffff, 4, 1, data.asSlice(0, 4)));
        assertEquals(List.of(), window.writes);
    }

    @Test
    void msrsLeftToTheVmmAreRefused() {
        assertInstanceOf(
                ExitAnswer.RefuseMsr.class, dispatcher.dispatch(new VcpuExit.MsrRead(0x1234)));
        assertInstanceOf(
                ExitAnswer.RefuseMsr.class, dispatcher.dispatch(new VcpuExit.MsrWrite(0x1234, 1)));
    }

    @Test
    void unknownHypercallsAnswerNotOffered() {
        assertEquals(
                new ExitAnswer.HypercallResult(-1000),
                dispatcher.dispatch(new VcpuExit.Hypercall(12)));
    }

    @Test
    void whatAGuestCannotSurviveIsACrashThatSaysWhy() {
        assertCrash("triple fault", new VcpuExit.Shutdown());
        assertCrash("cannot emulate", new VcpuExit.InternalError(1, new long[] {0xabc}));
        assertCrash("0xabc", new VcpuExit.InternalError(1, new long[] {0xabc}));
        assertCrash("0x80000021", new VcpuExit.FailedEntry(0x8000_0021L, 1));
        assertCrash("unknown exit 77", new VcpuExit.Unknown(77, 0));
        assertCrash("0xdead000", new VcpuExit.MemoryFault(0xdead000, 4096, 0));
        assertCrash("system event 3", new VcpuExit.SystemEvent(3));
    }

    @Test
    void systemEventsEndTheGuest() {
        assertEquals(
                new ExitAnswer.GuestShutdown(false),
                dispatcher.dispatch(new VcpuExit.SystemEvent(1)));
        assertEquals(
                new ExitAnswer.GuestShutdown(true),
                dispatcher.dispatch(new VcpuExit.SystemEvent(2)));
    }

    private void assertCrash(String part, VcpuExit exit) {
        ExitAnswer.Crash crash =
                assertInstanceOf(ExitAnswer.Crash.class, dispatcher.dispatch(exit));
        assertTrue(crash.reason().contains(part), crash.reason());
    }
}
