package dev.hosta.device.virtio.queue;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.VirtioFeatures;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A queue between a driver that keeps the rules and the device's side. */
class SplitQueueTest {
    private static final int SIZE = 8;
    private static final long EVENT_IDX = VirtioFeatures.EVENT_IDX;
    private static final long FEATURES = VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC;

    private final FakeGuestMemory memory = FakeGuestMemory.onHeap(0x10_0000, 1 << 18);

    private GuestDriver driver(boolean eventIdx) {
        return new GuestDriver(memory, memory.baseGpa(), SIZE, eventIdx);
    }

    private SplitQueue queue(GuestDriver driver) {
        long eventIdx = driver.state().eventIdx() ? VirtioFeatures.EVENT_IDX : 0;
        return new SplitQueue(memory, driver.state(), FEATURES | eventIdx);
    }

    @Test
    void aChainArrivesWithItsBuffersInOrder() {
        GuestDriver driver = driver(false);
        SplitQueue queue = queue(driver);
        assertTrue(queue.pop().isEmpty());
        long data = driver.endGpa();
        memory.storeU32(data, 0x44332211);
        memory.storeU8(data + 0x1000, 0x55);
        int head = driver.add(toDevice(data, 4), toDevice(data + 0x1000, 1), fromDevice(data, 9));
        DescriptorChain chain = queue.pop().orElseThrow();
        assertEquals(head, chain.head());
        assertEquals(5, chain.readableBytes());
        assertEquals(9, chain.writableBytes());
        byte[] bytes = new byte[3];
        chain.read(2, MemorySegment.ofArray(bytes));
        assertEquals("33 44 55", "%x %x %x".formatted(bytes[0], bytes[1], bytes[2]));
        assertEquals(2, chain.readableSegments(2, 3).size());
        assertThrows(IndexOutOfBoundsException.class, () -> chain.readableSegments(2, 4));
        queue.push(chain, 9);
        assertEquals(new GuestDriver.Used(head, 9), driver.poll().orElseThrow());
        assertThrows(IllegalStateException.class, () -> queue.push(chain, 9));
    }

    @Test
    void whatIsFilledInIsSeenOncePublished() {
        GuestDriver driver = driver(false);
        SplitQueue queue = queue(driver);
        int first = driver.add(fromDevice(driver.endGpa(), 4));
        int second = driver.add(fromDevice(driver.endGpa(), 4));
        queue.fill(queue.pop().orElseThrow(), 4);
        queue.fill(queue.pop().orElseThrow(), 2);
        assertTrue(driver.poll().isEmpty());
        assertEquals(0, queue.inFlight());
        queue.publish();
        assertEquals(new GuestDriver.Used(first, 4), driver.poll().orElseThrow());
        assertEquals(new GuestDriver.Used(second, 2), driver.poll().orElseThrow());
    }

    @Test
    void writesReachTheWritableBuffersAndAreDirty() {
        GuestDriver driver = driver(false);
        SplitQueue queue = queue(driver);
        long data = driver.endGpa();
        driver.add(fromDevice(data, 3), fromDevice(data + 0x1000, 3));
        DescriptorChain chain = queue.pop().orElseThrow();
        memory.forgetDirty();
        chain.write(2, MemorySegment.ofArray(new byte[] {1, 2}));
        assertEquals(1, memory.loadU8(data + 2));
        assertEquals(2, memory.loadU8(data + 0x1000));
        assertTrue(memory.isDirty(data) && memory.isDirty(data + 0x1000));
        memory.forgetDirty();
        chain.writableSegments(4, 1).get(0).set(ValueLayout.JAVA_BYTE, 0, (byte) 3);
        assertEquals(3, memory.loadU8(data + 0x1001));
        assertFalse(memory.isDirty(data + 0x1000));
        chain.markWritten(4, 1);
        assertTrue(memory.isDirty(data + 0x1000));
    }

    @Test
    void chainsPutBackComeAgainInOrder() {
        GuestDriver driver = driver(true);
        SplitQueue queue = queue(driver);
        long data = driver.endGpa();
        int first = driver.add(fromDevice(data, 1));
        int second = driver.add(fromDevice(data + 1, 1));
        int third = driver.add(fromDevice(data + 2, 1));
        DescriptorChain kept = queue.pop().orElseThrow();
        DescriptorChain middle = queue.pop().orElseThrow();
        DescriptorChain last = queue.pop().orElseThrow();
        queue.push(kept, 1);
        queue.unpop(last);
        queue.unpop(middle);
        assertThrows(IllegalStateException.class, () -> queue.unpop(middle));
        assertEquals(0, queue.inFlight());
        assertEquals(new GuestDriver.Used(first, 1), driver.poll().orElseThrow());
        SplitQueue again = new SplitQueue(memory, queue.exportState(), FEATURES | EVENT_IDX);
        assertEquals(second, again.pop().orElseThrow().head());
        assertEquals(third, again.pop().orElseThrow().head());
        assertTrue(again.pop().isEmpty());
    }

    @Test
    void indirectTablesHoldMoreThanTheQueue() {
        GuestDriver driver = driver(false);
        SplitQueue queue = queue(driver);
        long data = driver.endGpa();
        GuestDriver.Buffer[] buffers = new GuestDriver.Buffer[4 * SIZE];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = toDevice(data + 0x4000 + i, 1);
        }
        driver.addIndirect(data, buffers);
        assertEquals(4 * SIZE, queue.pop().orElseThrow().bufferCount());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyChainsGoRoundOutOfOrder(boolean eventIdx) {
        GuestDriver driver = driver(eventIdx);
        SplitQueue queue = queue(driver);
        long data = driver.endGpa();
        for (int round = 0; round < 70_000 / SIZE; round++) {
            for (int i = 0; i < SIZE; i++) {
                driver.add(fromDevice(data, 1 + i));
            }
            DescriptorChain[] chains = new DescriptorChain[SIZE];
            for (int i = 0; i < SIZE; i++) {
                chains[i] = queue.pop().orElseThrow();
            }
            assertEquals(SIZE, queue.inFlight());
            for (int i = SIZE - 1; i >= 0; i--) {
                queue.push(chains[i], i);
            }
            for (int i = SIZE - 1; i >= 0; i--) {
                assertEquals(i, driver.poll().orElseThrow().writtenBytes());
            }
        }
        assertTrue(queue.pop().isEmpty());
    }

    @Test
    void flagsSuppressInterruptsAndNotifications() {
        GuestDriver driver = driver(false);
        SplitQueue queue = queue(driver);
        assertFalse(queue.needsInterrupt());
        for (boolean suppress : new boolean[] {true, false}) {
            driver.suppressInterrupts(suppress);
            driver.add(fromDevice(driver.endGpa(), 1));
            queue.push(queue.pop().orElseThrow(), 0);
            assertEquals(!suppress, queue.needsInterrupt());
            assertFalse(queue.needsInterrupt());
            driver.poll();
        }
        assertTrue(driver.needsNotification());
        queue.disableNotifications();
        assertFalse(driver.needsNotification());
        driver.add(fromDevice(driver.endGpa(), 1));
        assertTrue(queue.enableNotifications());
        queue.pop();
        assertFalse(queue.enableNotifications());
        assertTrue(driver.needsNotification());
    }

    @Test
    void eventIndicesSuppressInterruptsAndNotifications() {
        GuestDriver driver = driver(true);
        SplitQueue queue = queue(driver);
        driver.usedEvent(2); // told once the third chain is back
        for (int i = 0; i < 5; i++) {
            driver.add(fromDevice(driver.endGpa(), 1));
            assertEquals(i == 0, driver.needsNotification(), "notification " + i);
            queue.push(queue.pop().orElseThrow(), 0);
            assertEquals(i == 2, queue.needsInterrupt(), "interrupt " + i);
        }
        queue.disableNotifications();
        assertFalse(queue.enableNotifications());
        driver.add(fromDevice(driver.endGpa(), 1));
        assertTrue(driver.needsNotification());
        assertTrue(queue.enableNotifications());
    }

    @Test
    void aQueueGoesOnWhereItWasSaved() {
        GuestDriver driver = driver(true);
        SplitQueue queue = queue(driver);
        driver.add(fromDevice(driver.endGpa(), 1));
        DescriptorChain chain = queue.pop().orElseThrow();
        assertThrows(IllegalStateException.class, queue::exportState);
        queue.push(chain, 1);
        SplitQueueState.V1 saved = queue.exportState();
        assertEquals(1, saved.nextAvail());
        SplitQueue restored = new SplitQueue(memory, saved, FEATURES | VirtioFeatures.EVENT_IDX);
        assertEquals(saved, restored.exportState());
        assertFalse(restored.needsInterrupt());
        driver.add(fromDevice(driver.endGpa(), 1));
        restored.push(restored.pop().orElseThrow(), 1);
        assertEquals(2, restored.exportState().nextUsed());
        driver.poll().orElseThrow();
        driver.poll().orElseThrow();
        assertThrows(InvalidStateException.class, () -> new SplitQueue(memory, saved, FEATURES));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoLooksForItselfIsNotNotified(boolean eventIdx) {
        GuestDriver driver = driver(eventIdx);
        SplitQueue queue = queue(driver);
        assertFalse(queue.enableNotifications());
        assertFalse(queue.isAwaited());
        queue.beginPolling();
        driver.add(fromDevice(driver.endGpa(), 1));
        assertFalse(driver.needsNotification());
        assertTrue(queue.isAwaited());
        queue.disableNotifications();
        assertFalse(queue.isAwaited(), "the device does not want to hear of it");
        queue.pop().orElseThrow();
        assertFalse(queue.enableNotifications());
        driver.add(fromDevice(driver.endGpa(), 1));
        assertFalse(driver.needsNotification(), "enabled, but still looked at");
        assertTrue(queue.isAwaited());
        queue.pop().orElseThrow();
        queue.endPolling();
        assertFalse(queue.isAwaited());
        driver.add(fromDevice(driver.endGpa(), 1));
        assertTrue(driver.needsNotification());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theEndOfLookingAsksForNothingThatTheDeviceDidNot(boolean eventIdx) {
        GuestDriver driver = driver(eventIdx);
        SplitQueue queue = queue(driver);
        assertFalse(queue.enableNotifications());
        queue.beginPolling();
        queue.disableNotifications();
        queue.endPolling();
        driver.add(fromDevice(driver.endGpa(), 1));
        assertFalse(driver.needsNotification());
    }

    @Test
    void statesThatCannotBeAreRefused() {
        long at = memory.baseGpa();
        for (int size : new int[] {0, -1, 3, 65536}) {
            assertThrows(
                    InvalidStateException.class,
                    () -> new SplitQueueState.V1(size, true, at, at, at, 0, 0, false));
        }
        refused(at + 8, at, at, 0, 0, true);
        refused(at, at + 1, at, 0, 0, true);
        refused(at, at, at + 2, 0, 0, true);
        refused(at, at, at, 65536, 0, true);
        refused(at, at, at, 0, -1, true);
        refused(at, at, at, 1, 1, false);
        SplitQueueState.V1 outside =
                new SplitQueueState.V1(SIZE, true, at - 16, at, at, 0, 0, false);
        assertThrows(InvalidStateException.class, () -> new SplitQueue(memory, outside, FEATURES));
    }

    private static void refused(
            long desc, long avail, long used, int nextAvail, int nextUsed, boolean ready) {
        assertThrows(
                InvalidStateException.class,
                () ->
                        new SplitQueueState.V1(
                                SIZE, ready, desc, avail, used, nextAvail, nextUsed, false));
    }
}
