package dev.hosta.device.virtio.transport;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.queue.SplitQueueState;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

/** Registers, negotiation, interrupts and restore, with a device that echoes. */
class MmioTransportTest {
    private static final long FEATURES =
            VirtioFeatures.VERSION_1 | VirtioFeatures.EVENT_IDX | EchoDevice.FEATURE;
    private static final int RUNNING =
            VirtioStatus.ACKNOWLEDGE
                    | VirtioStatus.DRIVER
                    | VirtioStatus.FEATURES_OK
                    | VirtioStatus.DRIVER_OK;

    private final FakeGuestMemory memory = FakeGuestMemory.onHeap(0x1_0000_0000L, 1 << 18);
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final EchoDevice device = new EchoDevice();
    private final MmioTransport transport =
            new MmioTransport("echo0", device, memory, interrupt, device::queueNotified);
    private final MmioDriver driver = new MmioDriver(transport);
    private final GuestDriver queue = new GuestDriver(memory, memory.baseGpa(), 8, true);
    private final long data = queue.endGpa();

    private void bringUp() {
        assertTrue(driver.negotiate(FEATURES));
        driver.setUp(1, queue);
        driver.ready();
        assertEquals(RUNNING, driver.read(VirtioMmio.STATUS));
    }

    private void echo() {
        queue.add(toDevice(data, 4), fromDevice(data + 8, 4));
        if (queue.needsNotification()) {
            driver.write(VirtioMmio.QUEUE_NOTIFY, 1);
        }
        queue.usedEvent(queue.usedIndex() + 1);
    }

    @Test
    void theFixedRegistersSayWhatThereIs() {
        assertEquals(0x7472_6976L, driver.read(VirtioMmio.MAGIC_VALUE));
        assertEquals(2, driver.read(VirtioMmio.VERSION));
        assertEquals(42, driver.read(VirtioMmio.DEVICE_ID));
        assertEquals(FEATURES | VirtioFeatures.INDIRECT_DESC, driver.offered());
        driver.write(VirtioMmio.DEVICE_FEATURES_SEL, 2);
        assertEquals(0, driver.read(VirtioMmio.DEVICE_FEATURES));
        driver.write(VirtioMmio.SHM_SEL, 0);
        for (int register = VirtioMmio.SHM_LEN_LOW; register <= VirtioMmio.SHM_BASE_HIGH; ) {
            assertEquals(0xffff_ffffL, driver.read(register));
            register += 4;
        }
        for (int[] queueMax : new int[][] {{0, 16}, {1, 8}, {2, 0}, {-1, 0}}) {
            driver.write(VirtioMmio.QUEUE_SEL, queueMax[0]);
            assertEquals(queueMax[1], driver.read(VirtioMmio.QUEUE_NUM_MAX));
            assertEquals(0, driver.read(VirtioMmio.QUEUE_READY));
        }
    }

    @Test
    void registersTakeAlignedWordsOnlyAndConfigurationAnyWidth() {
        assertEquals(0, transport.read(VirtioMmio.MAGIC_VALUE, 1));
        assertEquals(0, transport.read(VirtioMmio.MAGIC_VALUE, 8));
        assertEquals(0, transport.read(2, 4));
        transport.write(VirtioMmio.STATUS, 1, 1);
        assertEquals(0, driver.read(VirtioMmio.STATUS));
        assertEquals(4, transport.ignoredAccesses());
        assertEquals(0x11, transport.read(VirtioMmio.CONFIG, 1) & 0xff);
        assertEquals(0x8877_6655_4433_2211L, transport.read(VirtioMmio.CONFIG, 8));
        transport.write(VirtioMmio.CONFIG, 4, 7);
        assertEquals(7, transport.read(VirtioMmio.CONFIG, 4) & 0xffff_ffffL);
    }

    @Test
    void featuresAreTakenOrRefused() {
        assertFalse(driver.negotiate(EchoDevice.FEATURE), "without VERSION_1");
        assertFalse(driver.negotiate(FEATURES | 1), "not offered");
        assertTrue(driver.negotiate(FEATURES));
        driver.write(VirtioMmio.DRIVER_FEATURES_SEL, 0);
        driver.write(VirtioMmio.DRIVER_FEATURES, 1);
        driver.ready();
        assertEquals(FEATURES, device.negotiated(), "fixed once taken");
    }

    @Test
    void noDriverOkWithoutFeaturesOk() {
        driver.addStatus(VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.DRIVER_OK);
        assertEquals(3, driver.read(VirtioMmio.STATUS));
    }

    @Test
    void buffersGoRoundAndEachIsAMessage() {
        bringUp();
        assertEquals(Set.of(1), device.queues().keySet());
        memory.storeU32(data, 0xcafe_f00dL);
        echo();
        assertEquals(4, queue.poll().orElseThrow().writtenBytes());
        assertEquals(0xcafe_f00dL, memory.loadU32(data + 8));
        assertEquals(1, interrupt.sent());
        assertEquals(1, driver.read(VirtioMmio.INTERRUPT_STATUS));
        driver.write(VirtioMmio.INTERRUPT_ACK, 2);
        assertEquals(1, driver.read(VirtioMmio.INTERRUPT_STATUS));
        echo();
        assertEquals(2, interrupt.sent(), "though the bit stands");
        driver.write(VirtioMmio.INTERRUPT_ACK, 1);
        assertEquals(0, driver.read(VirtioMmio.INTERRUPT_STATUS));
        driver.write(VirtioMmio.QUEUE_NOTIFY, 77);
        assertEquals(0, driver.read(VirtioMmio.INTERRUPT_STATUS));
        assertEquals(2, interrupt.sent());
    }

    @Test
    void aReadyQueueIsWriteProtectedAndMayBeStopped() {
        bringUp();
        driver.write(VirtioMmio.QUEUE_NUM, 4);
        driver.write(VirtioMmio.QUEUE_DESC_LOW, 0);
        driver.write(VirtioMmio.QUEUE_DEVICE_HIGH, 7);
        assertEquals(queue.state(), transport.exportState().queues().get(1));
        driver.write(VirtioMmio.QUEUE_READY, 0);
        assertEquals(0, driver.read(VirtioMmio.QUEUE_READY));
        assertTrue(device.queues().isEmpty());
        driver.write(VirtioMmio.QUEUE_READY, 1);
        assertEquals(0, driver.read(VirtioMmio.QUEUE_READY), "not while the driver is running");
    }

    @Test
    void sizesThatCannotBeAreDropped() {
        driver.write(VirtioMmio.QUEUE_SEL, 1);
        for (long size : new long[] {0, 3, 16, 0xffff_ffffL}) {
            driver.write(VirtioMmio.QUEUE_NUM, size);
            assertEquals(8, transport.exportState().queues().get(1).size());
        }
        driver.write(VirtioMmio.QUEUE_NUM, 4);
        assertEquals(4, transport.exportState().queues().get(1).size());
    }

    @Test
    void misalignedRingsNeedAReset() {
        driver.negotiate(FEATURES);
        driver.write(VirtioMmio.QUEUE_SEL, 0);
        driver.write(VirtioMmio.QUEUE_DEVICE_LOW, 2);
        driver.write(VirtioMmio.QUEUE_READY, 1);
        assertEquals(0, driver.read(VirtioMmio.QUEUE_READY));
        assertTrue((driver.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
        driver.ready();
        assertTrue(device.queues().isEmpty());
    }

    @Test
    void ringsOutsideRamNeedAResetAndTellTheDriver() {
        driver.negotiate(FEATURES);
        driver.write(VirtioMmio.QUEUE_SEL, 0);
        driver.write(VirtioMmio.QUEUE_READY, 1);
        driver.ready();
        assertEquals(RUNNING | VirtioStatus.DEVICE_NEEDS_RESET, driver.read(VirtioMmio.STATUS));
        assertEquals(2, driver.read(VirtioMmio.INTERRUPT_STATUS));
        assertEquals(1, interrupt.sent());
        driver.write(VirtioMmio.STATUS, 0);
        assertEquals(0, driver.read(VirtioMmio.INTERRUPT_STATUS));
        bringUp();
    }

    @Test
    void aBrokenRingNeedsAResetAndSurvivesSaving() {
        bringUp();
        queue.publish(9);
        driver.write(VirtioMmio.QUEUE_NOTIFY, 1);
        assertEquals(RUNNING | VirtioStatus.DEVICE_NEEDS_RESET, driver.read(VirtioMmio.STATUS));
        MmioTransportState.V1 saved = transport.exportState();
        EchoDevice other = new EchoDevice();
        MmioTransport restored =
                new MmioTransport("echo1", other, memory, interrupt, other::queueNotified);
        restored.importState(saved);
        assertEquals(saved, restored.exportState());
        assertTrue(other.queues().isEmpty());
    }

    @Test
    void aChangedConfigurationIsTold() {
        bringUp();
        long before = driver.read(VirtioMmio.CONFIG_GENERATION);
        device.changeConfig(1);
        assertEquals(before + 1, driver.read(VirtioMmio.CONFIG_GENERATION));
        assertEquals(2, driver.read(VirtioMmio.INTERRUPT_STATUS));
    }

    @Test
    void aRestoredTransportTakesUpWhatWasKickedMeanwhile() {
        bringUp();
        echo();
        queue.poll().orElseThrow();
        transport.pause();
        echo(); // the notification comes to nothing
        MmioTransportState.V1 saved = transport.exportState();
        EchoDevice other = new EchoDevice();
        FakeMessageInterrupt otherInterrupt = new FakeMessageInterrupt();
        MmioTransport restored =
                new MmioTransport("echo1", other, memory, otherInterrupt, other::queueNotified);
        restored.importState(saved);
        assertEquals(saved, restored.exportState());
        assertEquals(0, otherInterrupt.sent(), "the interrupt controllers may not be there yet");
        assertTrue(queue.poll().isEmpty());
        restored.start();
        assertEquals(1, otherInterrupt.sent(), "the bit of the buffer before the move stands");
        assertEquals(4, queue.poll().orElseThrow().writtenBytes());
    }

    @Test
    void whatIsNotAcknowledgedIsSentAgainOnResume() {
        bringUp();
        transport.pause();
        transport.resume();
        assertEquals(0, interrupt.sent());
        echo();
        transport.pause();
        transport.resume();
        assertEquals(2, interrupt.sent());
        driver.write(VirtioMmio.INTERRUPT_ACK, 1);
        transport.pause();
        transport.resume();
        assertEquals(2, interrupt.sent());
    }

    @Test
    void statesOfOtherDevicesAreRefusedAndChangeNothing() {
        bringUp();
        MmioTransportState.V1 good = transport.exportState();
        MmioTransportState.V1 fewer =
                with(good, good.driverFeatures(), good.queues().subList(0, 1));
        MmioTransportState.V1 larger =
                with(
                        good,
                        good.driverFeatures(),
                        List.of(good.queues().get(0), good.queues().get(0)));
        MmioTransportState.V1 foreign = with(good, good.driverFeatures() | 1, good.queues());
        MmioTransportState.V1 otherRing =
                with(good, good.driverFeatures() & ~VirtioFeatures.EVENT_IDX, good.queues());
        for (MmioTransportState.V1 bad : List.of(fewer, larger, foreign, otherRing)) {
            assertThrows(InvalidStateException.class, () -> transport.importState(bad));
            assertEquals(good, transport.exportState());
        }
        transport.close();
        assertEquals(1, device.closed());
    }

    private static MmioTransportState.V1 with(
            MmioTransportState.V1 state, long features, List<SplitQueueState.V1> queues) {
        return new MmioTransportState.V1(state.status(), features, 0, 0, 0, 0, 0, queues);
    }
}
