package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.Alarm;
import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.backend.Polled;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.QueueService;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.ServedDevice;
import dev.hosta.device.virtio.SharedAlarm;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioIds;
import dev.hosta.device.virtio.abi.VirtioNet;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A network card (virtio 1.2 §5.1) over a {@link NetBackend}, with a queue each way and one for
 * control.
 *
 * <p>Frames go between backend and guest memory without a copy. Nothing is in flight while the
 * device is paused: buffers that were taken ahead, and a frame that waits for room, go back into
 * their queues as if they had not been taken. A chain that cannot be a buffer or command makes the
 * device need a reset; a frame that cannot be sent is dropped and counted, as a cable does.
 *
 * <p>A restored device asks its driver to announce itself on {@link #resume}, for it may be at
 * another place of the network.
 *
 * <p>Threading: as {@link VirtioDevice}; {@link #exportState} and {@link #importState} wait for the
 * device's thread. All fields below the line are that thread's.
 */
public final class NetDevice implements ServedDevice, Stateful<NetState.V1> {
    private final NetBackend backend;
    private final NetSettings settings;
    private final NetConfig config;
    private final NetCounting counting = new NetCounting();
    private final NetFilter filter;
    private final NetReceiver receiver;
    private final NetSender sender;
    private final QueueService service;
    private final NetBackend.Listener listener = new Host();

    // ---- the device's thread only
    private NetControl control = new NetControl(0);
    private long features;
    private long guestOffloads;
    private boolean active;
    private boolean tellOnResume;
    private boolean receiveScheduled;

    /**
     * A card without a driver.
     *
     * @param backend carries the frames; the device closes it
     * @param settings what the machine's owner decided
     * @param deviceThread runs tasks one at a time, in order, on the device's thread, on which
     *     {@link #queueNotified} is called too; lives until after {@link #close}
     * @param alarm belongs to this device
     */
    public NetDevice(NetBackend backend, NetSettings settings, Executor deviceThread, Alarm alarm) {
        this.backend = Objects.requireNonNull(backend);
        this.settings = settings;
        this.config = new NetConfig(settings, backend.offloads());
        config.status(VirtioNet.S_LINK_UP, backend.isLinkUp());
        this.filter = new NetFilter(settings.mac());
        this.service = new QueueService(deviceThread, new Frames());
        SharedAlarm alarms = new SharedAlarm(alarm);
        this.receiver =
                new NetReceiver(
                        backend,
                        filter,
                        counting,
                        limit(settings.receiving(), alarms, VirtioNet.RX_QUEUE));
        this.sender =
                new NetSender(
                        backend, counting, limit(settings.sending(), alarms, VirtioNet.TX_QUEUE));
    }

    private RateLimit limit(RateLimit.Rate rate, SharedAlarm alarms, int queueIndex) {
        return rate.equals(RateLimit.Rate.UNLIMITED)
                ? RateLimit.none()
                : new RateLimit(rate, alarms.share(), () -> service.queueNotified(queueIndex));
    }

    /** What the card has done so far. */
    public NetCounters frameCounters() {
        return counting.snapshot();
    }

    @Override
    public SequencedMap<String, Long> counters() {
        return frameCounters().byName();
    }

    /**
     * Asks the driver to make itself known to the network (virtio 1.2 §5.1.6.5.4), if there is one
     * that can. Any thread; returns at once.
     */
    public void announce() {
        service.execute(this::askToAnnounce);
    }

    /**
     * Sends a frame in the driver's name that tells switches where its card is now, whether the
     * driver can announce itself or not. Any thread; returns at once. Nothing is sent while the
     * device is paused or has no driver, nor where there is no room.
     */
    public void tellAddress() {
        service.execute(
                () -> {
                    if (hasDriver() && !service.isPaused()) {
                        backend.send(List.of(RarpFrame.of(filter.own())));
                        backend.flush();
                    }
                });
    }

    @Override
    public int deviceId() {
        return VirtioIds.NET;
    }

    @Override
    public long features() {
        return config.features();
    }

    @Override
    public List<Integer> queueSizes() {
        return List.of(NetConfig.RX_SIZE, NetConfig.TX_SIZE, NetConfig.CTRL_SIZE);
    }

    @Override
    public long readConfig(int offset, int widthBytes) {
        return config.read(offset, widthBytes);
    }

    @Override
    public void writeConfig(int offset, int widthBytes, long value) {}

    @Override
    public void queueNotified(int index) {
        refilled(index);
        service.queueNotified(index);
    }

    private void refilled(int index) {
        if (index == VirtioNet.RX_QUEUE) {
            receiver.refilled();
        }
    }

    @Override
    public Optional<Polled> polled() {
        return Optional.of(service);
    }

    @Override
    public QueueService service() {
        return service;
    }

    @Override
    public void close() {
        backend.close();
    }

    @Override
    public StateType<NetState.V1> stateType() {
        return NetState.V1.TYPE;
    }

    @Override
    public NetState.V1 exportState() {
        NetState.V1[] state = new NetState.V1[1];
        service.await(
                () ->
                        state[0] =
                                filter.exportState(
                                        (config.status() & VirtioNet.S_ANNOUNCE) != 0,
                                        guestOffloads));
        return state[0];
    }

    /** Takes over a state; after the transport's, for that resets the device. */
    @Override
    public void importState(NetState.V1 state) {
        if ((state.guestOffloads() & ~config.features()) != 0) {
            throw new InvalidStateException(
                    "Net guestOffloads must be among those that the backend has: guestOffloads=0x"
                            + Long.toHexString(state.guestOffloads()));
        }
        service.await(
                () -> {
                    filter.importState(state);
                    config.mac(filter.own());
                    config.status(VirtioNet.S_ANNOUNCE, state.announcing());
                    guestOffloads = state.guestOffloads();
                    tellOnResume = true;
                    if (active) {
                        takeUpBackend();
                    }
                });
    }

    /** What the queues' service asks of a card. */
    private final class Frames implements QueueService.Work {
        @Override
        public void activated(long negotiated) {
            features = negotiated;
            control = new NetControl(features);
            if (!active) {
                active = true;
                guestOffloads = features & NetConfig.GUEST_OFFLOADS;
            }
            config.status(VirtioNet.S_LINK_UP, backend.isLinkUp());
            takeUpBackend();
        }

        @Override
        public boolean serve(int index, SplitQueue queue) {
            return switch (index) {
                case VirtioNet.RX_QUEUE -> {
                    receiveScheduled = receiver.serve(queue);
                    yield receiveScheduled;
                }
                case VirtioNet.TX_QUEUE -> sender.serve(queue);
                default -> serveControl(queue);
            };
        }

        @Override
        public void awaited(int index) {
            refilled(index);
        }

        @Override
        public void served() {
            service.tellUsed();
        }

        @Override
        public CompletableFuture<Void> drained() {
            receiver.drain();
            sender.drain();
            receiveScheduled = false;
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void released() {
            if (active) {
                backend.stop();
            }
            active = false;
            tellOnResume = false;
            features = 0;
            guestOffloads = 0;
            filter.reset(settings.mac());
            config.mac(settings.mac());
            config.status(VirtioNet.S_ANNOUNCE, false);
        }

        @Override
        public void resumed() {
            boolean linkChanged = config.status(VirtioNet.S_LINK_UP, backend.isLinkUp());
            if (tellOnResume && canAnnounce()) {
                config.status(VirtioNet.S_ANNOUNCE, true);
            }
            if ((linkChanged || tellOnResume) && hasDriver()) {
                service.tellConfigChanged();
            }
            tellOnResume = false;
        }

        @Override
        public void malformed() {
            counting.malformed();
        }
    }

    /** Has the backend leave to the guest what the guest takes now. */
    private void takeUpBackend() {
        Set<NetBackend.Offload> taken = NetConfig.taken(guestOffloads & features);
        receiver.use(features, config.mtu(), NetConfig.hasLarge(taken));
        sender.use(features);
        backend.stop();
        backend.use(taken, listener);
    }

    private boolean hasDriver() {
        return active && !service.isBroken();
    }

    private boolean canAnnounce() {
        return hasDriver() && (features & VirtioNet.F_GUEST_ANNOUNCE) != 0;
    }

    private void askToAnnounce() {
        if (service.isPaused()) {
            tellOnResume = true;
        } else if (canAnnounce()) {
            config.status(VirtioNet.S_ANNOUNCE, true);
            service.tellConfigChanged();
        }
    }

    private boolean serveControl(SplitQueue queue) {
        int left = queue.size();
        do {
            queue.disableNotifications();
            for (var next = queue.pop(); next.isPresent(); next = queue.pop()) {
                DescriptorChain chain = next.get();
                boolean done = execute(control.parse(chain));
                chain.writeU8(0, done ? VirtioNet.CTRL_OK : VirtioNet.CTRL_ERR);
                queue.push(chain, 1);
                left--;
                if (left == 0) {
                    return true;
                }
            }
        } while (queue.enableNotifications());
        return false;
    }

    private boolean execute(NetCommand command) {
        switch (command) {
            case NetCommand.Mode(int which, boolean on) -> filter.mode(which, on);
            case NetCommand.Tables(NetFilter.Table unicast, NetFilter.Table multicast) ->
                    filter.tables(unicast, multicast);
            case NetCommand.Address(MacAddress mac) -> {
                filter.own(mac);
                config.mac(mac);
            }
            case NetCommand.Announced() -> config.status(VirtioNet.S_ANNOUNCE, false);
            case NetCommand.Offloads(long wanted) -> {
                guestOffloads = wanted;
                takeUpBackend();
                lookAgain(VirtioNet.RX_QUEUE);
                sender.roomAgain();
                lookAgain(VirtioNet.TX_QUEUE);
            }
            case NetCommand.Refused() -> {
                return false;
            }
        }
        return true;
    }

    private void lookAgain(int index) {
        service.execute(() -> service.queueNotified(index));
    }

    /** What the backend has to say. */
    private final class Host implements NetBackend.Listener {
        @Override
        public void framesWaiting() {
            if (service.servable(VirtioNet.RX_QUEUE).isEmpty()) {
                backend.awaitFrames(false);
            } else if (!receiveScheduled) { // else it looks again by itself
                service.queueNotified(VirtioNet.RX_QUEUE);
            }
        }

        @Override
        public void roomAgain() {
            sender.roomAgain();
            service.queueNotified(VirtioNet.TX_QUEUE);
        }

        @Override
        public void linkChanged() {
            if (!service.isPaused()
                    && config.status(VirtioNet.S_LINK_UP, backend.isLinkUp())
                    && hasDriver()) {
                service.tellConfigChanged();
            }
        }
    }
}
