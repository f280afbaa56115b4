package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.transport.MmioTransportState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.CountDownLatch;

/**
 * What every virtio device keeps: it can be saved and restored, paused and reset at any moment; and
 * all of {@link HostileDriverContract}.
 *
 * <p>A device's test class implements it and so runs these tests. A device that also keeps a state
 * of its own runs {@link dev.hosta.device.state.StatefulContract} on that beside this.
 *
 * @param <D> the device
 * @param <H> what stands for the host in its tests
 */
@Timeout(120)
public interface VirtioDeviceContract<D extends VirtioDevice, H>
        extends HostileDriverContract<D, H> {
    /** What the driver makes available comes back, and the driver is told. */
    @Test
    default void queuesAreServed() {
        VirtioRig<D, H> rig = rig(Runnable::run);
        assertServes(rig, () -> {});
        assertTrue(rig.interrupt().sent() > 0);
        assertEquals(1, rig.registers().read(VirtioMmio.INTERRUPT_STATUS));
        rig.transport().pause();
        rig.transport().close();
    }

    /** Save, change, restore: equal, on the same device and on a new one that then goes on. */
    @Test
    default void aRestoredDeviceGoesOnWhereItWasSaved() {
        for (int index : promptQueues()) {
            VirtioRig<D, H> rig = upAndRunning(Runnable::run, 0);
            offer(rig, index);
            rig.kick(index);
            rig.transport().pause();
            MmioTransportState.V1 saved = rig.transport().exportState();
            Record ownSaved = ownState(rig.device());
            rig.transport().resume();
            hostActs(rig.host());
            rig.transport().pause();
            rig.registers().write(VirtioMmio.STATUS, 0);
            restore(rig, saved, ownSaved);
            H otherHost = newHost();
            VirtioRig<D, H> other =
                    new VirtioRig<>(
                            rig.memory(),
                            otherHost,
                            newDevice(otherHost, Runnable::run),
                            Runnable::run);
            other.takeOverDriverOf(rig);
            restore(other, saved, ownSaved);
            assertEquals(1, rig.collect(index));
            offer(other, index); // its notification is lost
            other.transport().start();
            assertEquals(1, other.collect(index), "queue " + index + " stands still");
            assertFalse(other.needsReset());
        }
    }

    private static Record ownState(VirtioDevice device) {
        return device instanceof Stateful<?> stateful ? stateful.exportState() : new Nothing();
    }

    /** State of a device that has none. */
    record Nothing() {}

    /** The transport's state first, for it resets the device; then the device's own. */
    private void restore(VirtioRig<D, H> rig, MmioTransportState.V1 state, Record own) {
        rig.transport().importState(state);
        if (rig.device() instanceof Stateful<?> stateful) {
            importInto(stateful, own);
        }
        assertEquals(state, rig.transport().exportState());
        assertEquals(own, ownState(rig.device()));
    }

    private static <S extends Record> void importInto(Stateful<S> device, Record state) {
        device.importState(device.stateType().type().cast(state));
    }

    /** A pause ends what is in flight or takes it back, and a second one changes nothing. */
    @Test
    default void pauseIsIdempotentAndDrained() {
        try (OneThread thread = new OneThread()) {
            VirtioRig<D, H> rig = upAndRunning(thread, 0);
            thread.settle();
            holdUp(rig.host());
            int count = rig.device().queueSizes().size();
            for (int index = 0; index < count; index++) {
                offer(rig, index);
                offer(rig, index);
                rig.kick(index);
            }
            thread.settle();
            letGoDuring(rig, thread, () -> rig.transport().pause());
            MmioTransportState.V1 paused = rig.transport().exportState();
            rig.transport().pause();
            assertEquals(paused, rig.transport().exportState());
            rig.transport().resume();
            rig.transport().resume();
            thread.settle();
            for (int index : promptQueues()) {
                assertEquals(2, rig.collect(index), "queue " + index + " lost chains");
            }
            rig.transport().pause();
        }
    }

    /** The control thread waits for the device while its host goes on. */
    private void letGoDuring(VirtioRig<D, H> rig, OneThread thread, Runnable action) {
        CountDownLatch done = new CountDownLatch(1);
        thread.expectArrival();
        Thread control =
                new Thread(
                        () -> {
                            action.run();
                            done.countDown();
                        });
        control.start();
        thread.awaitArrival();
        thread.execute(() -> letGo(rig.host()));
        OneThread.await(done);
        thread.settle();
    }

    /** A paused device touches nothing, whatever driver and host do. */
    @Test
    default void nothingIsServedWhilePaused() {
        VirtioRig<D, H> rig = upAndRunning(Runnable::run, 0);
        rig.transport().pause();
        MmioTransportState.V1 paused = rig.transport().exportState();
        for (int index = 0; index < rig.device().queueSizes().size(); index++) {
            offer(rig, index);
        }
        rig.memory().forgetDirty();
        for (int index = 0; index < rig.device().queueSizes().size(); index++) {
            rig.kick(index);
        }
        hostActs(rig.host());
        VirtioDeviceCase.assertUntouched(rig);
        assertEquals(paused, rig.transport().exportState());
        rig.transport().resume();
        for (int index : promptQueues()) {
            assertEquals(1, rig.collect(index), "queue " + index + " stands still");
        }
    }

    /** A reset that comes at each step of a batch: afterwards nothing is touched any more. */
    @Test
    default void aResetMayComeInsideABatch() {
        try (OneThread thread = new OneThread()) {
            for (int index : promptQueues()) {
                VirtioRig<D, H> rig = rig(thread);
                boolean reached = true;
                for (int load = 0; reached; load++) {
                    rig.bringUp(0);
                    thread.settle();
                    offer(rig, index);
                    offer(rig, index);
                    reached = resetAtLoad(rig, thread, index, load);
                    rig.memory().forgetDirty();
                    rig.kick(index);
                    thread.execute(() -> hostActs(rig.host()));
                    thread.settle();
                    VirtioDeviceCase.assertUntouched(rig);
                    assertFalse(load == 0 && !reached, "nothing was loaded");
                }
                assertServes(rig, thread::settle);
            }
        }
    }

    /** Has another thread reset the device before a load; whether there was such a load. */
    private boolean resetAtLoad(VirtioRig<D, H> rig, OneThread thread, int index, int load) {
        Thread vcpu = new Thread(() -> rig.registers().write(VirtioMmio.STATUS, 0));
        rig.deviceMemory()
                .beforeLoad(
                        load,
                        () -> {
                            thread.expectArrival();
                            vcpu.start();
                            thread.awaitArrival();
                        });
        rig.kick(index);
        thread.settle();
        boolean reached = !rig.deviceMemory().leaveAlone();
        if (!reached) {
            vcpu.start();
        }
        try {
            vcpu.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        thread.settle();
        assertEquals(0, rig.registers().read(VirtioMmio.STATUS));
        return reached;
    }

    /** A reset waits for what is in flight; afterwards nothing is touched any more. */
    @Test
    default void aResetWaitsForTheHost() {
        try (OneThread thread = new OneThread()) {
            VirtioRig<D, H> rig = upAndRunning(thread, 0);
            thread.settle();
            holdUp(rig.host());
            for (int index = 0; index < rig.device().queueSizes().size(); index++) {
                offer(rig, index);
                rig.kick(index);
            }
            thread.settle();
            letGoDuring(rig, thread, () -> rig.registers().write(VirtioMmio.STATUS, 0));
            rig.memory().forgetDirty();
            thread.execute(() -> hostActs(rig.host()));
            thread.settle();
            VirtioDeviceCase.assertUntouched(rig);
            assertServes(rig, thread::settle);
        }
    }
}
