package dev.hosta.device.virtio.rng;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.virtio.VirtioDeviceContract;
import dev.hosta.device.virtio.VirtioRig;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;

/** What every virtio device keeps, by a source of random bytes without a limit. */
class RngContractTest implements VirtioDeviceContract<RngDevice, ManualAlarm> {
    @Override
    public ManualAlarm newHost() {
        return new ManualAlarm();
    }

    @Override
    public RngDevice newDevice(ManualAlarm host, Executor deviceThread) {
        return new RngDevice(
                into -> into.fill((byte) 0xa5), OptionalLong.empty(), host, deviceThread);
    }

    @Override
    public List<Integer> promptQueues() {
        return List.of(0);
    }

    @Override
    public void offer(VirtioRig<RngDevice, ManualAlarm> rig, int index) {
        long at = rig.dataGpa(index);
        rig.queue(index).add(fromDevice(at, 3), fromDevice(at + 0x1000, 64));
    }

    @Override
    public void hostActs(ManualAlarm host) {
        host.advance(1_000_000_000L);
    }
}
