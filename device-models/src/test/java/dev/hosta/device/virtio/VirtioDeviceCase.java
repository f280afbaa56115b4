package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.abi.VirtioFeatures;

import java.util.List;
import java.util.concurrent.Executor;

/**
 * What the contracts of virtio devices are told about a device, and what they share.
 *
 * @param <D> the device
 * @param <H> what stands for the host in its tests
 */
public interface VirtioDeviceCase<D extends VirtioDevice, H> {
    /** A host that does at once what it is asked. */
    H newHost();

    /** A device as after power-on. */
    D newDevice(H host, Executor deviceThread);

    /** The queues whose chains the device gives back by itself, without anything from the host. */
    List<Integer> promptQueues();

    /**
     * Makes one well-formed chain available on a queue, as a driver would; on any queue of the
     * device. Buffers lie in the queue's data and may be those of the last offer again.
     */
    void offer(VirtioRig<D, H> rig, int index);

    /**
     * From now on the host keeps what it is given, or has no room for it. A device whose host
     * cannot do so leaves it out.
     */
    default void holdUp(H host) {}

    /** Ends {@link #holdUp}. Called on the device's thread. */
    default void letGo(H host) {}

    /** Something comes from the host, that concerns the device. Called on the device's thread. */
    default void hostActs(H host) {}

    /** A device that waits for its driver. */
    default VirtioRig<D, H> rig(Executor thread) {
        H host = newHost();
        return new VirtioRig<>(host, newDevice(host, thread), thread);
    }

    /** A device with a driver that took all features but {@code without}. */
    default VirtioRig<D, H> upAndRunning(Executor thread, long without) {
        VirtioRig<D, H> rig = rig(thread);
        rig.bringUp(without);
        return rig;
    }

    /** The device serves its driver, with event indices and without. */
    default void assertServes(VirtioRig<D, H> rig, Runnable settled) {
        for (long without : new long[] {VirtioFeatures.EVENT_IDX, 0}) {
            rig.bringUp(without);
            for (int index : promptQueues()) {
                for (int round = 0; round < 3; round++) {
                    offer(rig, index);
                    offer(rig, index);
                    rig.kick(index);
                    settled.run();
                    assertEquals(2, rig.collect(index), "queue " + index + " is not served");
                }
            }
            assertFalse(rig.needsReset());
        }
    }

    /** Nothing was written to memory since that was last forgotten. */
    static void assertUntouched(VirtioRig<?, ?> rig) {
        FakeGuestMemory memory = rig.memory();
        for (long at = 0; at < memory.sizeBytes(); at += 4096) {
            long gpa = memory.baseGpa() + at;
            assertFalse(memory.isDirty(gpa), () -> "wrote to 0x" + Long.toHexString(gpa));
        }
    }
}
