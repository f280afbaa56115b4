package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.memory.InterposedMemory;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * A virtio device behind registers, with memory, a host's side, and a driver for each queue.
 *
 * <p>Each queue has {@link #RING_SIZE} descriptors and {@link #DATA_BYTES} of memory of its own.
 *
 * @param <D> the device
 * @param <H> what stands for the host
 */
public final class VirtioRig<D extends VirtioDevice, H> {
    /** Descriptors of each queue, fewer where the device wants fewer. */
    public static final int RING_SIZE = 16;

    /** Memory for the buffers of each queue. */
    public static final int DATA_BYTES = 0x1_0000;

    private static final long BASE_GPA = 0x10_0000;
    private static final int RAM_BYTES = 1 << 20;
    private static final int RINGS_BYTES = 0x3000;

    private final FakeGuestMemory memory;
    private final InterposedMemory deviceMemory;
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final H host;
    private final D device;
    private final MmioTransport transport;
    private final MmioDriver registers;
    private final List<GuestDriver> queues = new ArrayList<>();

    /** A device in memory of its own; its driver is still to come. */
    public VirtioRig(H host, D device, Executor deviceThread) {
        this(FakeGuestMemory.offHeap(BASE_GPA, RAM_BYTES), host, device, deviceThread);
    }

    /** A device in the memory of another, as after a restore. */
    public VirtioRig(FakeGuestMemory memory, H host, D device, Executor deviceThread) {
        this.memory = memory;
        this.deviceMemory = new InterposedMemory(memory);
        this.host = host;
        this.device = device;
        this.transport =
                new MmioTransport(
                        "rig",
                        device,
                        deviceMemory,
                        interrupt,
                        index -> deviceThread.execute(() -> device.queueNotified(index)));
        this.registers = new MmioDriver(transport);
    }

    /** The guest's memory, as the guest sees it. */
    public FakeGuestMemory memory() {
        return memory;
    }

    /** The guest's memory, as the device sees it. */
    public InterposedMemory deviceMemory() {
        return deviceMemory;
    }

    /** The interrupt. */
    public FakeMessageInterrupt interrupt() {
        return interrupt;
    }

    /** What stands for the host. */
    public H host() {
        return host;
    }

    /** The device. */
    public D device() {
        return device;
    }

    /** The device's transport. */
    public MmioTransport transport() {
        return transport;
    }

    /** The driver's side of the registers. */
    public MmioDriver registers() {
        return registers;
    }

    /** The driver's side of a queue, since the last {@link #bringUp}. */
    public GuestDriver queue(int index) {
        return queues.get(index);
    }

    /** Memory for a queue's buffers. */
    public long dataGpa(int index) {
        return BASE_GPA + RAM_BYTES - (long) DATA_BYTES * (index + 1);
    }

    /** A driver starts anew, with empty queues and all features but {@code without}. */
    public void bringUp(long without) {
        registers.write(VirtioMmio.STATUS, 0);
        int count = device.queueSizes().size();
        memory.fill(BASE_GPA, (long) RINGS_BYTES * count, (byte) 0);
        queues.clear();
        long features = registers.offered() & ~without;
        assertTrue(registers.negotiate(features), "features were not taken");
        for (int i = 0; i < count; i++) {
            int size = Math.min(RING_SIZE, device.queueSizes().get(i));
            boolean eventIdx = (features & VirtioFeatures.EVENT_IDX) != 0;
            queues.add(new GuestDriver(memory, BASE_GPA + (long) RINGS_BYTES * i, size, eventIdx));
            registers.setUp(i, queues.get(i));
        }
        registers.ready();
        assertTrue(!needsReset(), "broken from the start");
    }

    /** The driver of another rig goes on with this one, after a restore. */
    public void takeOverDriverOf(VirtioRig<D, H> other) {
        queues.clear();
        queues.addAll(other.queues);
    }

    /** Notifies a queue, whether the device wants to hear of it or not. */
    public void kick(int index) {
        registers.write(VirtioMmio.QUEUE_NOTIFY, index);
    }

    /** Whether the device says that it cannot go on. */
    public boolean needsReset() {
        return (registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0;
    }

    /** Takes back all chains that the device gave back; gives their number. */
    public int collect(int index) {
        int count = 0;
        while (queue(index).poll().isPresent()) {
            count++;
        }
        return count;
    }
}
