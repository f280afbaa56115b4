package dev.hosta.device.virtio.net;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.state.StateType;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.VirtioRig;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioNet;
import dev.hosta.device.virtio.queue.GuestDriver;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A network card with a driver, driven from the test's own thread. */
final class NetRig implements Device, Stateful<NetState.V1> {
    static final MacAddress MAC = NetContractTest.MAC;
    static final int HEADER = 12;

    final FakeNet net;
    final ManualAlarm alarm = new ManualAlarm();
    final NetDevice device;
    final VirtioRig<NetDevice, FakeNet> rig;

    NetRig(FakeNet net, NetSettings settings, long without) {
        this.net = net;
        this.device = new NetDevice(net, settings, Runnable::run, alarm);
        this.rig = new VirtioRig<>(net, device, Runnable::run);
        rig.bringUp(without);
    }

    NetRig() {
        this(new FakeNet(), NetSettings.of(MAC), 0);
    }

    /** A frame behind an empty header. */
    static byte[] frame(String destination, int frameBytes) {
        byte[] bytes = new byte[HEADER + frameBytes];
        for (int i = HEADER; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        byte[] to = MacAddress.parse(destination).toBytes();
        System.arraycopy(to, 0, bytes, HEADER, to.length);
        return bytes;
    }

    GuestDriver rx() {
        return rig.queue(VirtioNet.RX_QUEUE);
    }

    long rxGpa(int slot, int slotBytes) {
        return rig.dataGpa(VirtioNet.RX_QUEUE) + (long) slot * slotBytes;
    }

    /** Gives buffers for receiving, one after the other, and says so. */
    void giveBuffers(int count, int lengthBytes) {
        for (int i = 0; i < count; i++) {
            rx().add(fromDevice(rxGpa(i, lengthBytes), lengthBytes));
        }
        rig.kick(VirtioNet.RX_QUEUE);
    }

    byte[] bytesAt(long gpa, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        rig.memory().read(gpa, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Sends bytes as header and frame. */
    void send(byte[] bytes) {
        long at = rig.dataGpa(VirtioNet.TX_QUEUE);
        rig.memory().write(at, MemorySegment.ofArray(bytes));
        rig.queue(VirtioNet.TX_QUEUE).add(toDevice(at, 5), toDevice(at + 5, bytes.length - 5));
        rig.kick(VirtioNet.TX_QUEUE);
    }

    /** Sends a control command; whether it was done. */
    boolean control(int klass, int command, int... data) {
        long at = rig.dataGpa(VirtioNet.CTRL_QUEUE);
        rig.memory().storeU8(at, klass);
        rig.memory().storeU8(at + 1, command);
        for (int i = 0; i < data.length; i++) {
            rig.memory().storeU8(at + 2 + i, data[i]);
        }
        rig.memory().storeU8(at + 0x800, 0x55);
        rig.queue(VirtioNet.CTRL_QUEUE)
                .add(toDevice(at, 2L + data.length), fromDevice(at + 0x800, 1));
        rig.kick(VirtioNet.CTRL_QUEUE);
        Optional<GuestDriver.Used> used = rig.queue(VirtioNet.CTRL_QUEUE).poll();
        if (used.isEmpty()) {
            throw new AssertionError("no answer");
        }
        int answer = rig.memory().loadU8(at + 0x800);
        if (answer > 1) {
            throw new AssertionError("answer is " + answer);
        }
        return answer == VirtioNet.CTRL_OK;
    }

    int status() {
        return (int) device.readConfig(VirtioNet.CONFIG_STATUS, 2);
    }

    /** Whether the configuration was said to have changed since this was last asked. */
    boolean takeConfigChange() {
        boolean changed =
                (rig.registers().read(VirtioMmio.INTERRUPT_STATUS)
                                & VirtioMmio.INTERRUPT_CONFIG_CHANGE)
                        != 0;
        rig.registers().write(VirtioMmio.INTERRUPT_ACK, VirtioMmio.INTERRUPT_CONFIG_CHANGE);
        return changed;
    }

    @Override
    public void start() {
        rig.transport().start();
    }

    @Override
    public void pause() {
        rig.transport().pause();
    }

    @Override
    public void resume() {
        rig.transport().resume();
    }

    /** A reset, and the driver again. */
    @Override
    public void reset() {
        rig.bringUp(0);
    }

    @Override
    public void close() {
        rig.transport().close();
    }

    @Override
    public StateType<NetState.V1> stateType() {
        return device.stateType();
    }

    @Override
    public NetState.V1 exportState() {
        return device.exportState();
    }

    @Override
    public void importState(NetState.V1 state) {
        device.importState(state);
    }
}
