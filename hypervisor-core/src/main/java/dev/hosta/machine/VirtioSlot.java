package dev.hosta.machine;

import dev.hosta.boot.VirtioMmioDevice;
import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.irq.MessageInterrupt;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.block.BlockDevice;
import dev.hosta.device.virtio.net.NetDevice;
import dev.hosta.device.virtio.transport.MmioTransport;
import dev.hosta.device.virtio.transport.MmioTransportState;
import dev.hosta.kvm.KvmIoEvent;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.EventFd;
import dev.hosta.linux.EventLoop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * A place for one virtio device: a window of registers, an interrupt, and the thread that serves
 * the device's queues.
 *
 * <p>Each queue has an eventfd that KVM rings when the guest writes the queue's number to
 * QueueNotify, so that no vCPU leaves the guest for it. {@link VirtioSlots} hands the places out.
 * The device is paused until {@link #start}.
 *
 * <p>Threading: as {@link Device}; the device's thread is the slot's event loop.
 */
final class VirtioSlot implements Device, Stateful<MmioTransportState.V1> {
    private static final int NOTIFY_BYTES = 4;

    private final KvmVm vm;
    private final VirtioMmioDevice window;
    private final EventLoop loop;
    private final VirtioDevice device;
    private final MmioTransport transport;
    private final List<EventFd> bells = new ArrayList<>();
    private boolean closed;

    /**
     * Makes the thread, the device, and its connection to KVM.
     *
     * @param window where its registers are
     * @param interrupt reaches the guest; for longer than the slot lives
     * @param name of the thread, and for the log
     * @param making makes the device, given its thread
     * @param end told where the device's thread fails
     */
    VirtioSlot(
            KvmVm vm,
            GuestMemory memory,
            VirtioMmioDevice window,
            MessageInterrupt interrupt,
            String name,
            Function<EventLoop, VirtioDevice> making,
            MachineEnd end) {
        this.vm = vm;
        this.window = window;
        this.loop = EventLoop.start(name, (thread, failure) -> end.hostFailed(asRuntime(failure)));
        this.device = make(making);
        this.transport = new MmioTransport(name, device, memory, interrupt, this::notified);
        try {
            transport.pause();
            for (int queue = 0; queue < device.queueSizes().size(); queue++) {
                connect(queue);
            }
            device.polled().ifPresent(loop::addPolled);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private VirtioDevice make(Function<EventLoop, VirtioDevice> making) {
        try {
            return making.apply(loop);
        } catch (RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    private static RuntimeException asRuntime(Throwable failure) {
        return failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
    }

    private void connect(int queue) {
        EventFd bell = EventFd.create();
        try {
            vm.ioeventfd(bell, notification(queue), false);
        } catch (RuntimeException e) {
            bell.close();
            throw e;
        }
        bells.add(bell);
        // Each ring is an edge, so that nobody needs to read the counter.
        loop.add(
                bell.fd(),
                EventLoop.READABLE | EventLoop.EDGE,
                events -> device.queueNotified(queue));
    }

    private KvmIoEvent notification(int queue) {
        return KvmIoEvent.mmio(window.gpa() + VirtioMmio.QUEUE_NOTIFY, NOTIFY_BYTES)
                .matching(queue);
    }

    private void notified(int queue) {
        loop.execute(() -> device.queueNotified(queue));
    }

    /** The registers. */
    BusDevice registers() {
        return transport;
    }

    /** The device, where it has a state of its own beside its queues and registers. */
    Optional<Stateful<?>> deviceState() {
        return device instanceof Stateful<?> stateful ? Optional.of(stateful) : Optional.empty();
    }

    /** Whether guest memory is pinned for its requests. */
    boolean isDisk() {
        return device instanceof BlockDevice;
    }

    /** Makes the device known to its network, if it has one. */
    void announce() {
        if (device instanceof NetDevice net) {
            net.announce();
            net.tellAddress();
        }
    }

    @Override
    public void start() {
        transport.start();
    }

    @Override
    public void pause() {
        transport.pause();
    }

    @Override
    public void resume() {
        transport.resume();
    }

    @Override
    public void reset() {
        transport.reset();
    }

    @Override
    public SequencedMap<String, Long> counters() {
        return device.counters();
    }

    @Override
    public StateType<MmioTransportState.V1> stateType() {
        return transport.stateType();
    }

    @Override
    public MmioTransportState.V1 exportState() {
        return transport.exportState();
    }

    @Override
    public void importState(MmioTransportState.V1 state) {
        transport.importState(state);
    }

    /** Finishes what is in flight, then takes everything down in reverse. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        transport.pause();
        for (int queue = 0; queue < bells.size(); queue++) {
            EventFd bell = bells.get(queue);
            vm.ioeventfd(bell, notification(queue), true);
            loop.remove(bell.fd());
            bell.close();
        }
        device.polled().ifPresent(loop::removePolled);
        transport.close();
        loop.close();
    }
}
