package dev.hosta.device.virtio.net;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.virtio.VirtioDeviceContract;
import dev.hosta.device.virtio.VirtioRig;
import dev.hosta.device.virtio.abi.VirtioNet;

import java.util.List;
import java.util.concurrent.Executor;

/** What every virtio device keeps, by a network card. */
class NetContractTest implements VirtioDeviceContract<NetDevice, FakeNet> {
    static final MacAddress MAC = MacAddress.parse("52:54:00:12:34:56");

    @Override
    public FakeNet newHost() {
        return new FakeNet();
    }

    @Override
    public NetDevice newDevice(FakeNet host, Executor deviceThread) {
        return new NetDevice(host, NetSettings.of(MAC), deviceThread, new ManualAlarm());
    }

    @Override
    public List<Integer> promptQueues() {
        return List.of(VirtioNet.TX_QUEUE, VirtioNet.CTRL_QUEUE);
    }

    @Override
    public void offer(VirtioRig<NetDevice, FakeNet> rig, int index) {
        long at = rig.dataGpa(index);
        switch (index) {
            case VirtioNet.RX_QUEUE -> rig.queue(index).add(fromDevice(at, 0x1000));
            case VirtioNet.TX_QUEUE -> {
                rig.memory().fill(at, 128, (byte) 0);
                rig.queue(index).add(toDevice(at, 12), toDevice(at + 12, 64));
            }
            default -> {
                rig.memory().storeU16(at, VirtioNet.CTRL_RX | VirtioNet.CTRL_RX_ALLMULTI << 8);
                rig.memory().storeU8(at + 2, 1);
                rig.queue(index).add(toDevice(at, 3), fromDevice(at + 8, 1));
            }
        }
    }

    @Override
    public void holdUp(FakeNet host) {
        host.full(true);
    }

    @Override
    public void letGo(FakeNet host) {
        host.full(false);
    }

    @Override
    public void hostActs(FakeNet host) {
        host.arrive(new byte[1000]);
    }
}
