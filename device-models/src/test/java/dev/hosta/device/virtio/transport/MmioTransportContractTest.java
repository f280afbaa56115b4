package dev.hosta.device.virtio.transport;

import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.state.StatefulContract;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.queue.SplitQueueState;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What every device with a state keeps, by a transport with a device that echoes. */
class MmioTransportContractTest implements StatefulContract<MmioTransport, MmioTransportState.V1> {
    private static final long BASE_GPA = 0x10_0000;
    private static final long VERSION_1 = VirtioFeatures.VERSION_1;

    @Override
    public MmioTransport newDevice() {
        EchoDevice device = new EchoDevice();
        return new MmioTransport(
                "echo0",
                device,
                FakeGuestMemory.onHeap(BASE_GPA, 1 << 18),
                new FakeMessageInterrupt(),
                device::queueNotified);
    }

    @Override
    public List<Consumer<MmioTransport>> drives() {
        FakeGuestMemory layoutOnly = FakeGuestMemory.onHeap(BASE_GPA, 1 << 18);
        GuestDriver queue = new GuestDriver(layoutOnly, BASE_GPA, 8, true);
        return List.of(
                transport -> {
                    MmioDriver driver = new MmioDriver(transport);
                    driver.negotiate(VERSION_1 | VirtioFeatures.EVENT_IDX);
                    driver.setUp(1, queue);
                    driver.ready();
                },
                transport -> {
                    MmioDriver driver = new MmioDriver(transport);
                    driver.negotiate(VERSION_1);
                    driver.write(VirtioMmio.QUEUE_SEL, 0);
                    driver.write(VirtioMmio.QUEUE_READY, 1); // at gpa 0, where no RAM is
                    driver.ready();
                    driver.write(VirtioMmio.DEVICE_FEATURES_SEL, 0xffff_ffffL);
                    driver.write(VirtioMmio.DRIVER_FEATURES_SEL, 5);
                },
                transport -> new MmioDriver(transport).write(VirtioMmio.QUEUE_SEL, 9),
                MmioTransportContractTest::changeConfig);
    }

    private static void changeConfig(MmioTransport transport) {
        MmioTransportState.V1 now = transport.exportState();
        transport.importState(
                state(
                        now.status(),
                        now.driverFeatures(),
                        now.deviceFeaturesSel(),
                        now.driverFeaturesSel(),
                        now.queueSel(),
                        3,
                        now.configGeneration() + 1,
                        now.queues()));
    }

    @Override
    public Map<String, Supplier<MmioTransportState.V1>> brokenStates() {
        List<SplitQueueState.V1> none = List.of();
        return Map.ofEntries(
                Map.entry("status/bits", () -> state(16, 0, 0, 0, 0, 0, 0, none)),
                Map.entry("status/order", () -> state(4, VERSION_1, 0, 0, 0, 0, 0, none)),
                Map.entry("driverFeatures", () -> state(8, 1, 0, 0, 0, 0, 0, none)),
                Map.entry("deviceFeaturesSel", () -> state(0, 0, -1, 0, 0, 0, 0, none)),
                Map.entry("driverFeaturesSel", () -> state(0, 0, 0, 1L << 32, 0, 0, 0, none)),
                Map.entry("queueSel", () -> state(0, 0, 0, 0, -1, 0, 0, none)),
                Map.entry("interruptStatus", () -> state(0, 0, 0, 0, 0, 4, 0, none)),
                Map.entry("configGeneration", () -> state(0, 0, 0, 0, 0, 0, -1, none)),
                Map.entry("queues", () -> state(0, 0, 0, 0, 0, 0, 0, null)));
    }

    private static MmioTransportState.V1 state(
            int status,
            long features,
            long deviceSel,
            long driverSel,
            long queueSel,
            int interrupts,
            long generation,
            List<SplitQueueState.V1> queues) {
        return new MmioTransportState.V1(
                status, features, deviceSel, driverSel, queueSel, interrupts, generation, queues);
    }
}
