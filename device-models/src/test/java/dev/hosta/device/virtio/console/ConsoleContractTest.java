package dev.hosta.device.virtio.console;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import dev.hosta.device.backend.FakePort;
import dev.hosta.device.virtio.VirtioDeviceContract;
import dev.hosta.device.virtio.VirtioRig;
import dev.hosta.device.virtio.abi.VirtioConsole;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What every virtio device keeps, by a console with a named port beside it. */
class ConsoleContractTest implements VirtioDeviceContract<ConsoleDevice, ConsoleContractTest.Ends> {
    private static final int LOG_TRANSMIT_QUEUE = 5;

    /** The host's ends. */
    record Ends(FakePort console, FakePort log) {}

    @Override
    public Ends newHost() {
        return new Ends(new FakePort(), new FakePort());
    }

    @Override
    public ConsoleDevice newDevice(Ends host, Executor deviceThread) {
        return new ConsoleDevice(
                Optional.of(host.console()),
                List.of(new NamedPort("log", host.log())),
                deviceThread);
    }

    @Override
    public List<Integer> promptQueues() {
        return List.of(
                VirtioConsole.TRANSMIT_QUEUE,
                VirtioConsole.CONTROL_TRANSMIT_QUEUE,
                LOG_TRANSMIT_QUEUE);
    }

    @Override
    public void offer(VirtioRig<ConsoleDevice, Ends> rig, int index) {
        long at = rig.dataGpa(index);
        if (!promptQueues().contains(index)) {
            rig.queue(index).add(fromDevice(at, 64));
            return;
        }
        rig.memory().storeU32(at, 1);
        rig.memory().storeU16(at + 4, VirtioConsole.PORT_OPEN);
        rig.memory().storeU16(at + 6, 1);
        rig.queue(index).add(toDevice(at, 3), toDevice(at + 3, 5));
    }

    @Override
    public void holdUp(Ends host) {
        host.console().room(0);
        host.log().room(0);
    }

    @Override
    public void letGo(Ends host) {
        host.console().room(Integer.MAX_VALUE);
        host.log().room(Integer.MAX_VALUE);
    }

    @Override
    public void hostActs(Ends host) {
        host.console().feed("typed");
        host.log().feed("sent");
        host.log().connected(!host.log().isConnected());
        host.log().connected(!host.log().isConnected());
    }
}
