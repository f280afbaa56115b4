package dev.hosta.device.virtio.block;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import dev.hosta.device.virtio.VirtioDeviceContract;
import dev.hosta.device.virtio.VirtioRig;
import dev.hosta.device.virtio.abi.VirtioBlk;

import java.util.List;
import java.util.concurrent.Executor;

/** What every virtio device keeps, by a disk in memory. */
class BlockContractTest implements VirtioDeviceContract<BlockDevice, MemoryBackend> {
    @Override
    public MemoryBackend newHost() {
        return new MemoryBackend(1 << 16, 512, false, true);
    }

    @Override
    public BlockDevice newDevice(MemoryBackend host, Executor deviceThread) {
        return new BlockDevice(host, deviceThread);
    }

    @Override
    public List<Integer> promptQueues() {
        return List.of(0);
    }

    @Override
    public void offer(VirtioRig<BlockDevice, MemoryBackend> rig, int index) {
        long at = rig.dataGpa(index);
        rig.memory().storeU32(at, VirtioBlk.T_IN);
        rig.memory().storeU64(at + 8, 0);
        rig.queue(index)
                .add(toDevice(at, 16), fromDevice(at + 0x1000, 512), fromDevice(at + 0x2000, 1));
    }

    @Override
    public void holdUp(MemoryBackend host) {
        host.hold();
    }

    @Override
    public void letGo(MemoryBackend host) {
        host.letGo();
    }
}
