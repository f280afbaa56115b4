package dev.hosta.device.virtio.transport;

import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.irq.MessageInterrupt;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.DriverNotifier;
import dev.hosta.device.virtio.Negotiation;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.SplitQueue;
import dev.hosta.device.virtio.queue.SplitQueueState;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A virtio device behind memory-mapped registers, version 2 (virtio 1.2 §4.2).
 *
 * <p>Registers are 32 bits wide and aligned; other accesses read 0 or are dropped, counted. The
 * configuration space takes any width. The interrupt is edge-triggered: a message each time that
 * the driver is to be told something; {@code InterruptStatus} in this package says why none is
 * lost. On {@link #start} and {@link #resume} it is sent again where InterruptStatus is not 0,
 * since a message may have been on its way when the interrupt controllers were saved; one too many
 * is harmless. Neither shared memory nor reset of single queues is offered.
 *
 * <p>A reset waits on the writing vCPU until the device has finished what was in flight, for
 * drivers go on right after the write. So does taking a queue from an active device. This is the
 * one place in the house where a register blocks.
 *
 * <p>Threading: registers on any vCPU's thread; one lock around the registers, that notifications,
 * interrupt status and configuration space do without. The device's thread never takes it.
 */
public final class MmioTransport implements BusDevice, Device, Stateful<MmioTransportState.V1> {
    /** Size of the register window in bytes. */
    public static final int SIZE_BYTES = 0x200;

    /** "HSTA", as this house has no PCI vendor number. */
    private static final long VENDOR = 0x4154_5348L;

    private static final long NOTHING = 0xffff_ffffL;
    private static final System.Logger LOG = System.getLogger(MmioTransport.class.getName());

    private final String name;
    private final VirtioDevice device;
    private final GuestMemory memory;
    private final QueueNotifier notifications;
    private final Negotiation negotiation;
    private final InterruptStatus interrupts;
    private final DriverNotifier driver = new Driver();
    private final List<QueueRegisters> queues;
    private final AtomicInteger configGeneration = new AtomicInteger();
    private final AtomicLong ignored = new AtomicLong();
    private final Object lock = new Object();
    private long deviceFeaturesSel;
    private long driverFeaturesSel;
    private long queueSel;

    /**
     * Attaches a device, as after power-on.
     *
     * @param name for the log
     * @param device the device; the transport closes it
     * @param memory the guest's memory
     * @param interrupt told whenever the driver is to look
     * @param notifications takes notifications that come as register writes
     */
    public MmioTransport(
            String name,
            VirtioDevice device,
            GuestMemory memory,
            MessageInterrupt interrupt,
            QueueNotifier notifications) {
        this.name = Objects.requireNonNull(name);
        this.device = Objects.requireNonNull(device);
        this.memory = Objects.requireNonNull(memory);
        this.notifications = Objects.requireNonNull(notifications);
        this.interrupts = new InterruptStatus(Objects.requireNonNull(interrupt));
        this.negotiation =
                new Negotiation(
                        device.features() & ~VirtioFeatures.RESERVED
                                | VirtioFeatures.VERSION_1
                                | VirtioFeatures.INDIRECT_DESC
                                | VirtioFeatures.EVENT_IDX);
        this.queues = device.queueSizes().stream().map(QueueRegisters::new).toList();
    }

    /** Accesses that no register takes, so far. */
    public long ignoredAccesses() {
        return ignored.get();
    }

    @Override
    public long read(long offset, int widthBytes) {
        if (offset >= VirtioMmio.CONFIG) {
            return device.readConfig((int) offset - VirtioMmio.CONFIG, widthBytes);
        }
        if (widthBytes != 4 || (offset & 3) != 0) { // §4.2.2.2: aligned 32-bit accesses only
            ignored.incrementAndGet();
            return 0;
        }
        return switch ((int) offset) {
            case VirtioMmio.MAGIC_VALUE -> VirtioMmio.MAGIC;
            case VirtioMmio.VERSION -> VirtioMmio.MODERN_VERSION;
            case VirtioMmio.DEVICE_ID -> device.deviceId();
            case VirtioMmio.VENDOR_ID -> VENDOR;
            case VirtioMmio.INTERRUPT_STATUS -> interrupts.pending();
            case VirtioMmio.CONFIG_GENERATION -> configGeneration.get() & 0xffff_ffffL;
            case VirtioMmio.SHM_LEN_LOW,
                    VirtioMmio.SHM_LEN_HIGH,
                    VirtioMmio.SHM_BASE_LOW,
                    VirtioMmio.SHM_BASE_HIGH ->
                    NOTHING;
            default -> readLocked((int) offset);
        };
    }

    private long readLocked(int offset) {
        synchronized (lock) {
            return switch (offset) {
                case VirtioMmio.DEVICE_FEATURES -> negotiation.offeredHalf(deviceFeaturesSel);
                case VirtioMmio.STATUS -> negotiation.status();
                case VirtioMmio.QUEUE_NUM_MAX ->
                        selected().map(queue -> (long) queue.maxSize()).orElse(0L);
                case VirtioMmio.QUEUE_READY ->
                        selected().map(queue -> queue.isReady() ? 1L : 0L).orElse(0L);
                default -> {
                    ignored.incrementAndGet();
                    yield 0;
                }
            };
        }
    }

    private Optional<QueueRegisters> selected() {
        return queueSel < queues.size()
                ? Optional.of(queues.get((int) queueSel))
                : Optional.empty();
    }

    @Override
    public void write(long offset, int widthBytes, long value) {
        if (offset >= VirtioMmio.CONFIG) {
            device.writeConfig((int) offset - VirtioMmio.CONFIG, widthBytes, value);
            return;
        }
        if (widthBytes != 4 || (offset & 3) != 0) {
            ignored.incrementAndGet();
            return;
        }
        switch ((int) offset) {
            case VirtioMmio.QUEUE_NOTIFY -> {
                if (value < queues.size()) {
                    notifications.queueNotified((int) value);
                }
            }
            case VirtioMmio.INTERRUPT_ACK -> interrupts.acknowledge(value);
            default -> writeLocked((int) offset, value);
        }
    }

    private void writeLocked(int offset, long value) {
        synchronized (lock) {
            switch (offset) {
                case VirtioMmio.DEVICE_FEATURES_SEL -> deviceFeaturesSel = value;
                case VirtioMmio.DRIVER_FEATURES_SEL -> driverFeaturesSel = value;
                case VirtioMmio.DRIVER_FEATURES -> negotiation.acceptHalf(driverFeaturesSel, value);
                case VirtioMmio.STATUS -> writeStatus(value);
                case VirtioMmio.QUEUE_SEL -> queueSel = value;
                default -> selected().ifPresent(queue -> writeQueue(queue, offset, value));
            }
        }
    }

    private void writeQueue(QueueRegisters queue, int offset, long value) {
        switch (offset) {
            case VirtioMmio.QUEUE_NUM -> queue.size(value);
            case VirtioMmio.QUEUE_READY -> writeReady(queue, (value & 1) != 0);
            case VirtioMmio.QUEUE_DESC_LOW -> queue.descHalf(false, value);
            case VirtioMmio.QUEUE_DESC_HIGH -> queue.descHalf(true, value);
            case VirtioMmio.QUEUE_DRIVER_LOW -> queue.availHalf(false, value);
            case VirtioMmio.QUEUE_DRIVER_HIGH -> queue.availHalf(true, value);
            case VirtioMmio.QUEUE_DEVICE_LOW -> queue.usedHalf(false, value);
            case VirtioMmio.QUEUE_DEVICE_HIGH -> queue.usedHalf(true, value);
            default -> ignored.incrementAndGet();
        }
    }

    /** Queues are made ready before DRIVER_OK only (§3.1.1); one may be stopped at any time. */
    private void writeReady(QueueRegisters queue, boolean ready) {
        if (ready == queue.isReady()) {
            return;
        }
        if (!ready) {
            boolean inUse = queue.live().isPresent();
            if (inUse) {
                device.pause();
            }
            queue.stop();
            if (inUse && !negotiation.isBroken()) {
                device.activate(negotiation.accepted(), liveQueues(), driver);
                device.resume();
            }
        } else if (!negotiation.isActive() && !queue.makeReady()) {
            driver.needsReset("rings of a queue are misaligned");
        }
    }

    private void writeStatus(long value) {
        switch (negotiation.writeStatus(value)) {
            case NONE -> {}
            case ACTIVATE -> activate();
            case RESET -> resetRegisters();
        }
    }

    private void activate() {
        if (negotiation.isBroken()) {
            return;
        }
        long features = negotiation.accepted();
        boolean eventIdx = (features & VirtioFeatures.EVENT_IDX) != 0;
        try {
            for (QueueRegisters queue : queues) {
                if (queue.isReady()) {
                    queue.activate(memory, features, eventIdx);
                }
            }
        } catch (InvalidStateException e) {
            driver.needsReset(e.getMessage());
            return;
        }
        device.activate(features, liveQueues(), driver);
    }

    private Map<Integer, SplitQueue> liveQueues() {
        Map<Integer, SplitQueue> live = new TreeMap<>();
        for (int i = 0; i < queues.size(); i++) {
            int index = i;
            queues.get(i).live().ifPresent(queue -> live.put(index, queue));
        }
        return live;
    }

    private void resetRegisters() {
        device.reset();
        negotiation.reset();
        queues.forEach(QueueRegisters::reset);
        interrupts.restore(0);
    }

    /** Makes up for what a restored machine may have lost on the way: see {@link #resume}. */
    @Override
    public void start() {
        resume();
    }

    @Override
    public void pause() {
        device.pause();
    }

    /**
     * Has the device serve its queues, whatever notifications came to nothing meanwhile, and tells
     * the driver again what it has not acknowledged.
     */
    @Override
    public void resume() {
        interrupts.sendAgain();
        device.resume();
    }

    @Override
    public void reset() {
        synchronized (lock) {
            resetRegisters();
            deviceFeaturesSel = 0;
            driverFeaturesSel = 0;
            queueSel = 0;
            configGeneration.set(0);
        }
    }

    @Override
    public void close() {
        device.close();
    }

    @Override
    public StateType<MmioTransportState.V1> stateType() {
        return MmioTransportState.V1.TYPE;
    }

    @Override
    public MmioTransportState.V1 exportState() {
        synchronized (lock) {
            boolean broken = negotiation.isBroken();
            return new MmioTransportState.V1(
                    negotiation.status(),
                    negotiation.accepted(),
                    deviceFeaturesSel,
                    driverFeaturesSel,
                    queueSel,
                    interrupts.pending(),
                    configGeneration.get() & 0xffff_ffffL,
                    queues.stream().map(queue -> queue.exportState(broken)).toList());
        }
    }

    /**
     * Takes over a state. An active device is handed its queues, paused: it serves them from {@link
     * #start} or {@link #resume} on, when the guest's memory and interrupt controllers are what
     * they were; the interrupt is sent again then, too.
     */
    @Override
    public void importState(MmioTransportState.V1 state) {
        synchronized (lock) {
            List<Optional<SplitQueue>> live = checkedQueues(state);
            negotiation.restore(state.status(), state.driverFeatures());
            device.pause();
            device.reset();
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).importState(state.queues().get(i), live.get(i));
            }
            deviceFeaturesSel = state.deviceFeaturesSel();
            driverFeaturesSel = state.driverFeaturesSel();
            queueSel = state.queueSel();
            configGeneration.set((int) state.configGeneration());
            interrupts.restore(state.interruptStatus());
            if (negotiation.isActive() && !negotiation.isBroken()) {
                device.activate(negotiation.accepted(), liveQueues(), driver);
            }
        }
    }

    private List<Optional<SplitQueue>> checkedQueues(MmioTransportState.V1 state) {
        InvalidStateException.requireRange(
                "virtio-mmio queue count", state.queues().size(), queues.size(), queues.size());
        boolean used = Negotiation.isInUse(state.status());
        List<Optional<SplitQueue>> live = new ArrayList<>();
        for (int i = 0; i < queues.size(); i++) {
            SplitQueueState.V1 queue = state.queues().get(i);
            InvalidStateException.requireRange(
                    "virtio-mmio queue size", queue.size(), 1, queues.get(i).maxSize());
            live.add(
                    used && queue.ready()
                            ? Optional.of(new SplitQueue(memory, queue, state.driverFeatures()))
                            : Optional.empty());
        }
        return live;
    }

    /** Makes interrupts of what the device says. */
    private final class Driver implements DriverNotifier {
        @Override
        public void usedBuffers(int queueIndex) {
            interrupts.raise(VirtioMmio.INTERRUPT_USED_BUFFER);
        }

        @Override
        public void configChanged() {
            configGeneration.incrementAndGet();
            interrupts.raise(VirtioMmio.INTERRUPT_CONFIG_CHANGE);
        }

        @Override
        public void needsReset(String reason) {
            LOG.log(System.Logger.Level.DEBUG, "{0} needs a reset: {1}", name, reason);
            if (negotiation.needsReset()) {
                interrupts.raise(VirtioMmio.INTERRUPT_CONFIG_CHANGE);
            }
        }
    }
}
