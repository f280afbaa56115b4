package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.GuestDriver;

import org.junit.jupiter.api.Test;

import java.util.Random;

/**
 * What every virtio device keeps whatever its driver does: who breaks the rules of the queues harms
 * himself alone, and the next driver finds a device that works. Part of {@link
 * VirtioDeviceContract}.
 *
 * @param <D> the device
 * @param <H> what stands for the host in its tests
 */
public interface HostileDriverContract<D extends VirtioDevice, H> extends VirtioDeviceCase<D, H> {
    /** Queues that break the rules need a reset, after which all is well. */
    @Test
    default void aBrokenQueueNeedsAResetAndTheDeviceLivesOn() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        for (int index : promptQueues()) {
            for (BrokenQueue broken : BrokenQueue.values()) {
                rig.bringUp(0);
                broken.prepare(rig.queue(index), rig.dataGpa(index));
                rig.kick(index);
                if (broken.isSurelySeen()) {
                    assertTrue(rig.needsReset(), () -> broken + " on queue " + index);
                }
                if (rig.needsReset()) {
                    rig.memory().forgetDirty();
                    offer(rig, index);
                    rig.memory().forgetDirty();
                    rig.kick(index);
                    hostActs(rig.host());
                    VirtioDeviceCase.assertUntouched(rig);
                }
            }
            assertServes(rig, () -> {});
        }
    }

    /** The same on queues that wait for the host: the device must not fail, nor be lost. */
    @Test
    default void noBrokenQueueHarmsTheHost() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        for (int index = 0; index < rig.device().queueSizes().size(); index++) {
            for (BrokenQueue broken : BrokenQueue.values()) {
                rig.bringUp(0);
                GuestDriver queue = rig.queue(index);
                broken.prepare(queue, rig.dataGpa(index));
                rig.kick(index);
                hostActs(rig.host());
                rig.transport().pause();
                rig.transport().exportState();
                rig.transport().resume();
            }
        }
        assertServes(rig, () -> {});
    }

    /** Rings that are not in RAM need a reset before anything is served. */
    @Test
    default void ringsOutsideRamNeedAReset() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        for (int index = 0; index < rig.device().queueSizes().size(); index++) {
            rig.bringUp(0);
            assertTrue(rig.registers().negotiate(rig.registers().offered()));
            for (int other = 0; other < rig.device().queueSizes().size(); other++) {
                GuestDriver far = new GuestDriver(rig.memory(), 1L << 40, 8, true);
                rig.registers().setUp(other, other == index ? far : rig.queue(other));
            }
            rig.registers().ready();
            assertTrue(rig.needsReset());
            rig.kick(index);
            hostActs(rig.host());
        }
        assertServes(rig, () -> {});
    }

    /** Whatever changes while the device reads it, nothing fails, and the next driver is served. */
    @Test
    default void whatChangesUnderTheDevicesHandHarmsNobody() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        Random random = new Random(1);
        int broken = 0;
        int served = 0;
        for (int round = 0; round < 3000; round++) {
            rig.bringUp(round % 2 == 0 ? VirtioFeatures.EVENT_IDX : 0);
            for (int index = 0; index < rig.device().queueSizes().size(); index++) {
                int changed = index;
                offer(rig, index);
                offer(rig, index);
                rig.deviceMemory()
                        .beforeEachLoad(
                                () -> {
                                    if (random.nextInt(8) == 0) {
                                        BrokenQueue.scribble(
                                                random, rig.memory(), rig.queue(changed));
                                    }
                                });
                rig.kick(index);
                hostActs(rig.host());
                rig.deviceMemory().leaveAlone();
            }
            if (rig.needsReset()) {
                broken++;
            } else {
                served++;
            }
        }
        assertTrue(broken > 100 && served > 100, broken + " broken, " + served + " served");
        assertServes(rig, () -> {});
    }

    /** Notifications of queues that are none, or of a device without a driver, do nothing. */
    @Test
    default void notificationsOutOfPlaceDoNothing() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        int count = rig.device().queueSizes().size();
        for (int index : new int[] {-1, 0, count - 1, count, 65535}) {
            rig.device().queueNotified(index);
        }
        hostActs(rig.host());
        rig.bringUp(0);
        rig.device().queueNotified(count);
        rig.registers().write(VirtioMmio.STATUS, 0);
        rig.memory().forgetDirty();
        rig.device().queueNotified(0);
        hostActs(rig.host());
        rig.device().reset();
        VirtioDeviceCase.assertUntouched(rig);
        assertServes(rig, () -> {});
    }

    /** The configuration space answers at any offset and width, and takes any write. */
    @Test
    default void theConfigurationSpaceTakesEveryAccess() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        for (int widthBytes = 1; widthBytes <= 8; widthBytes *= 2) {
            for (int offset = 0; offset <= 0x100 - widthBytes; offset++) {
                rig.device().writeConfig(offset, widthBytes, -1L >>> (64 - 8 * widthBytes));
                long value = rig.device().readConfig(offset, widthBytes);
                if (widthBytes < 8) {
                    assertEquals(0, value >>> (8 * widthBytes));
                }
            }
            assertEquals(0, rig.device().readConfig(0x1000, widthBytes));
        }
        assertServes(rig, () -> {});
    }
}
