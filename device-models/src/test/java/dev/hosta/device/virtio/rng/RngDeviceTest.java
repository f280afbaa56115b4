package dev.hosta.device.virtio.rng;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.TaskLoop;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioIds;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;

import org.junit.jupiter.api.Test;

import java.util.OptionalLong;

/** A source of bytes that are all 0xa5, and a guest that asks for them. */
class RngDeviceTest {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final FakeGuestMemory memory = FakeGuestMemory.onHeap(0x10_0000, 1 << 20);
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final ManualAlarm alarm = new ManualAlarm();
    private final GuestDriver queue = new GuestDriver(memory, memory.baseGpa(), 64, true);
    private final long buffer = queue.endGpa();
    private RngDevice device;
    private MmioTransport transport;
    private MmioDriver registers;

    private void bringUp(OptionalLong rate) {
        device = new RngDevice(into -> into.fill((byte) 0xa5), rate, alarm, new TaskLoop());
        transport = new MmioTransport("rng0", device, memory, interrupt, device::queueNotified);
        registers = new MmioDriver(transport);
        assertTrue(registers.negotiate(registers.offered()));
        registers.setUp(0, queue);
        registers.ready();
    }

    private void kick() {
        registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
    }

    /** Asks for bytes; gives how many came, -1 for none yet. */
    private long ask(long lengthBytes) {
        queue.add(fromDevice(buffer, lengthBytes));
        kick();
        return polled();
    }

    private long polled() {
        return queue.poll().map(GuestDriver.Used::writtenBytes).orElse(-1L);
    }

    private boolean needsReset() {
        return (registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0;
    }

    @Test
    void buffersAreFilled() {
        bringUp(OptionalLong.empty());
        assertEquals(VirtioIds.ENTROPY, registers.read(VirtioMmio.DEVICE_ID));
        long rings =
                VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC | VirtioFeatures.EVENT_IDX;
        assertEquals(rings, registers.offered());
        assertEquals(0, transport.read(0x100, 8));
        memory.forgetDirty();
        queue.add(fromDevice(buffer, 3), fromDevice(buffer + 0x1000, 4));
        kick();
        assertEquals(7, polled());
        assertEquals(0x00a5_a5a5L, memory.loadU32(buffer));
        assertEquals(0xa5a5_a5a5L, memory.loadU64(buffer + 0x1000));
        assertTrue(memory.isDirty(buffer) && memory.isDirty(buffer + 0x1000));
        assertEquals(1, interrupt.sent());
        assertEquals(
                "{requests=1, bytes=7, throttled=0, malformed=0}", device.counters().toString());
    }

    @Test
    void aHugeBufferIsFilledInPart() {
        bringUp(OptionalLong.empty());
        memory.storeU8(buffer + RngDevice.MOST_BYTES, 0);
        queue.add(fromDevice(buffer, 0xffff_ffffL)); // most of it is no RAM
        kick();
        assertEquals(RngDevice.MOST_BYTES, polled());
        assertEquals(0xa5, memory.loadU8(buffer + RngDevice.MOST_BYTES - 1));
        assertEquals(0, memory.loadU8(buffer + RngDevice.MOST_BYTES));
    }

    @Test
    void allBuffersThatWaitAreFilledInTurns() {
        bringUp(OptionalLong.empty());
        for (int i = 0; i < 64; i++) {
            queue.add(fromDevice(buffer, 0x1_0000));
        }
        kick();
        for (int i = 0; i < 64; i++) {
            assertEquals(0x1_0000, polled());
        }
    }

    @Test
    void aRateHoldsBuffersBack() {
        bringUp(OptionalLong.of(1000));
        assertEquals(600, ask(600));
        assertEquals(-1, ask(600));
        assertTrue(alarm.isSet());
        alarm.advance(SECOND_NANOS / 5 - 1000);
        assertEquals(-1, polled());
        alarm.advance(1000);
        assertEquals(600, polled());
        assertEquals(1, device.counters().get("throttled"));
        assertEquals(-1, ask(1_000_000));
        alarm.advance(SECOND_NANOS);
        assertEquals(1000, polled());
    }

    @Test
    void overALongTimeTheRateHolds() {
        bringUp(OptionalLong.of(64));
        long got = 0;
        queue.add(fromDevice(buffer, 7));
        kick();
        for (int i = 0; i < 10_000; i++) {
            long count = polled();
            if (count > 0) {
                got += count;
                queue.add(fromDevice(buffer, 7));
                kick();
            }
            alarm.advance(SECOND_NANOS / 100);
        }
        assertTrue(got > 6400 - 14 && got <= 6400 + 64, "bytes in 100 s: " + got);
    }

    @Test
    void aPausedDeviceWaitsForNothing() {
        bringUp(OptionalLong.of(100));
        assertEquals(100, ask(100));
        assertEquals(-1, ask(100));
        transport.pause();
        assertFalse(alarm.isSet());
        alarm.advance(2 * SECOND_NANOS);
        assertEquals(-1, polled());
        transport.resume();
        assertEquals(100, polled());
        assertEquals(-1, ask(100));
        registers.write(VirtioMmio.STATUS, 0);
        assertFalse(alarm.isSet());
    }

    @Test
    void aBufferThatIsOnlyReadBreaksTheDevice() {
        bringUp(OptionalLong.empty());
        queue.add(toDevice(buffer, 64));
        kick();
        assertTrue(needsReset());
        assertEquals(1, device.counters().get("malformed"));
    }

    @Test
    void aBufferOutsideRamBreaksTheDevice() {
        bringUp(OptionalLong.empty());
        queue.add(fromDevice(0x8000_0000L, 64));
        kick();
        assertTrue(needsReset());
    }
}
