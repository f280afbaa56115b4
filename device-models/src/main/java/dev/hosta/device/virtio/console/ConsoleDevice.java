package dev.hosta.device.virtio.console;

import dev.hosta.device.backend.ConsolePort;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.DriverNotifier;
import dev.hosta.device.virtio.QueueService;
import dev.hosta.device.virtio.ServedDevice;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.abi.VirtioIds;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A console and named byte streams (virtio 1.2 §5.3), each over a {@link ConsolePort}.
 *
 * <p>Port 0 is the console, if there is one; named ports are 1 and up, and only they make it a
 * device with several ports (MULTIPORT). No byte is lost and nobody waits: what one side cannot
 * take yet stays with the other. Bytes for a port that the guest has not opened wait with the host;
 * bytes from the guest that nobody listens to are dropped, counted.
 *
 * <p>After an import of its state and a {@link #resume} the driver is told of what is different at
 * the host's ends now. The transport's state is imported first: that resets the device.
 *
 * <p>Threading: as {@link VirtioDevice}. All fields below the line are the device's thread's, or
 * the control thread's while the device is paused.
 */
public final class ConsoleDevice implements ServedDevice, Stateful<ConsoleState.V1> {
    /** Most named ports. */
    public static final int MAX_PORTS = 15;

    private final ConsoleConfig config;
    private final QueueService service;
    private final ConsoleCounting counting = new ConsoleCounting();
    private final List<PortLine> lines;

    // ---- the device's thread only
    private boolean inUse;
    private boolean multiport;
    private int columnsTold;
    private int rowsTold;

    /**
     * A console without a driver.
     *
     * @param console the host's end of port 0
     * @param ports further ports, at most {@link #MAX_PORTS}; the device closes all ends
     * @param deviceThread runs tasks one at a time, in order, on the device's thread, on which
     *     {@link #queueNotified} is called too; lives until after {@link #close}
     */
    public ConsoleDevice(
            Optional<ConsolePort> console, List<NamedPort> ports, Executor deviceThread) {
        if (ports.size() > MAX_PORTS || console.isEmpty() && ports.isEmpty()) {
            throw new IllegalArgumentException(
                    "A console has 1 port to " + (MAX_PORTS + 1) + ": named=" + ports.size());
        }
        List<PortLine> all = new ArrayList<>();
        console.ifPresent(port -> all.add(new PortLine(0, "", port, counting)));
        for (int i = 0; i < ports.size(); i++) {
            NamedPort named = ports.get(i);
            all.add(new PortLine(i + 1, named.name(), named.port(), counting));
        }
        this.lines = List.copyOf(all);
        this.config = new ConsoleConfig(console.isPresent(), ports.size() + 1);
        this.service = new QueueService(deviceThread, new Queues());
        service.execute(this::readSize);
    }

    /** What the console has done so far. */
    public ConsoleCounters byteCounters() {
        return counting.snapshot();
    }

    @Override
    public SequencedMap<String, Long> counters() {
        return byteCounters().byName();
    }

    @Override
    public int deviceId() {
        return VirtioIds.CONSOLE;
    }

    @Override
    public long features() {
        return config.features();
    }

    @Override
    public List<Integer> queueSizes() {
        return Collections.nCopies(config.queueCount(), ConsoleConfig.QUEUE_SIZE);
    }

    @Override
    public long readConfig(int offset, int widthBytes) {
        return config.read(offset, widthBytes);
    }

    @Override
    public void writeConfig(int offset, int widthBytes, long value) {}

    @Override
    public void activate(
            long features, Map<Integer, SplitQueue> readyQueues, DriverNotifier driver) {
        service.activate(features, readyQueues, driver);
        service.execute(this::compare);
    }

    @Override
    public QueueService service() {
        return service;
    }

    @Override
    public void resume() {
        service.resume();
        service.execute(this::compare);
    }

    @Override
    public void close() {
        lines.forEach(line -> line.port().close());
    }

    @Override
    public StateType<ConsoleState.V1> stateType() {
        return ConsoleState.V1.TYPE;
    }

    @Override
    public ConsoleState.V1 exportState() {
        return new ConsoleState.V1(
                columnsTold, rowsTold, lines.stream().map(PortLine::exportState).toList());
    }

    @Override
    public void importState(ConsoleState.V1 state) {
        InvalidStateException.requireRange(
                "virtio console port count", state.ports().size(), lines.size(), lines.size());
        columnsTold = state.columns();
        rowsTold = state.rows();
        for (int i = 0; i < lines.size(); i++) {
            lines.get(i).importState(state.ports().get(i));
        }
    }

    /** What the queues' service asks of a console. */
    private final class Queues implements QueueService.Work {
        @Override
        public void activated(long features) {
            multiport = (features & VirtioConsole.F_MULTIPORT) != 0;
            if (!inUse) {
                inUse = true;
                lines.forEach(line -> line.port().use(new HostEnd(line)));
            }
        }

        @Override
        public boolean serve(int index, SplitQueue queue) {
            if (multiport && index == VirtioConsole.CONTROL_RECEIVE_QUEUE) {
                giveControls(queue);
                return false;
            }
            if (multiport && index == VirtioConsole.CONTROL_TRANSMIT_QUEUE) {
                return takeControls(queue);
            }
            Optional<PortLine> found = lineOf(index);
            if (found.isEmpty()) {
                return false;
            }
            PortLine line = found.get();
            return index == line.receiveQueue()
                    ? line.receive(queue, !multiport || line.isGuestOpen())
                    : line.transmit(queue);
        }

        @Override
        public void served() {
            service.tellUsed();
        }

        @Override
        public CompletableFuture<Void> drained() {
            lines.forEach(PortLine::rest);
            return CompletableFuture.completedFuture(null); // no chain is ever kept
        }

        @Override
        public void released() {
            if (inUse) {
                inUse = false;
                lines.forEach(line -> line.port().stop());
            }
            lines.forEach(PortLine::forget);
            columnsTold = 0;
            rowsTold = 0;
        }

        @Override
        public void malformed() {
            counting.malformed();
            lines.forEach(PortLine::rest); // or input that nobody takes would call for ever
        }
    }

    /** The port of a data queue; without MULTIPORT there is port 0 only. */
    private Optional<PortLine> lineOf(int queueIndex) {
        return lines.stream()
                .filter(line -> multiport || line.id() == 0)
                .filter(line -> queueIndex - line.receiveQueue() >>> 1 == 0)
                .findFirst();
    }

    /** Tells the driver what it is owed, as far as it has buffers. */
    private void giveControls(SplitQueue queue) {
        do {
            queue.disableNotifications();
            for (PortLine line : lines) {
                while (line.owesAnything()) {
                    Optional<DescriptorChain> chain = queue.pop();
                    if (chain.isEmpty()) {
                        break;
                    }
                    queue.push(chain.get(), line.takeOwed().write(chain.get()));
                    counting.control();
                }
            }
        } while (lines.stream().anyMatch(PortLine::owesAnything) && queue.enableNotifications());
    }

    private boolean takeControls(SplitQueue queue) {
        int left = queue.size();
        boolean more = false;
        do {
            queue.disableNotifications();
            for (var next = queue.pop(); next.isPresent() && !more; ) {
                ControlMessage message = ControlMessage.parse(next.get());
                queue.push(next.get(), 0);
                obey(message);
                left--;
                more = left == 0;
                next = more ? Optional.empty() : queue.pop();
            }
        } while (!more && queue.enableNotifications());
        look(VirtioConsole.CONTROL_RECEIVE_QUEUE);
        return more;
    }

    private void look(int queueIndex) {
        service.execute(() -> service.queueNotified(queueIndex));
    }

    private void obey(ControlMessage message) {
        if (message.event() == VirtioConsole.DEVICE_READY && message.value() == 1) {
            lines.forEach(PortLine::announce); // its port is of no meaning
            return;
        }
        Optional<PortLine> line =
                lines.stream().filter(one -> one.id() == message.portId()).findFirst();
        if (line.isEmpty()) {
            counting.ignoredControl();
            return;
        }
        switch (message.event()) {
            case VirtioConsole.PORT_READY -> line.get().ready(message.value() == 1);
            case VirtioConsole.PORT_OPEN -> {
                line.get().guestOpen(message.value() != 0);
                look(line.get().receiveQueue());
            }
            default -> counting.ignoredControl();
        }
    }

    private boolean isServing() {
        for (int index = 0; index < config.queueCount(); index++) {
            if (service.servable(index).isPresent()) {
                return true;
            }
        }
        return false;
    }

    private void readSize() {
        lines.stream()
                .filter(PortLine::isConsole)
                .forEach(line -> config.size(line.port().columns(), line.port().rows()));
    }

    /** Finds out what is different at the host's ends from what the driver knows, and tells it. */
    private void compare() {
        readSize();
        if (!isServing()) {
            return;
        }
        if (config.columns() != columnsTold || config.rows() != rowsTold) {
            columnsTold = config.columns();
            rowsTold = config.rows();
            lines.stream().filter(PortLine::isConsole).forEach(PortLine::oweSize);
            service.tellConfigChanged();
        }
        lines.forEach(PortLine::owe);
        service.queueNotified(VirtioConsole.CONTROL_RECEIVE_QUEUE);
    }

    /** Hears of one host's end. */
    private final class HostEnd implements ConsolePort.Listener {
        private final PortLine line;

        HostEnd(PortLine line) {
            this.line = line;
        }

        @Override
        public void inputWaiting() {
            service.queueNotified(line.receiveQueue());
        }

        @Override
        public void roomAgain() {
            line.roomAgain();
            service.queueNotified(line.receiveQueue() + 1);
        }

        @Override
        public void changed() {
            compare();
            roomAgain();
        }
    }
}
