package dev.hosta.device.virtio.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.abi.SplitRing;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioNet;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;
import dev.hosta.device.virtio.transport.MmioTransportState;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A network card behind registers, driven by arbitrary bytes as a hostile driver and its network
 * would drive it, with checks of what must hold whatever they do. A step is {@link #STEP_BYTES}
 * bytes.
 */
final class NetScript {
    static final int STEP_BYTES = 12;

    private static final int SIZE = 8;
    private static final int QUEUES = 3;
    private static final int RINGS_BYTES = 0x3000;
    private static final long BASE_GPA = 0x10_0000;
    private static final int RAM_BYTES = 1 << 17;
    private static final int MOST_WAITING = 64;
    private static final MacAddress MAC = NetContractTest.MAC;

    private final FakeGuestMemory memory = FakeGuestMemory.offHeap(BASE_GPA, RAM_BYTES);
    private final FakeNet net = new FakeNet();
    private final ManualAlarm alarm = new ManualAlarm();
    private final NetDevice device =
            new NetDevice(
                    net,
                    new NetSettings(
                            MAC,
                            0,
                            RateLimit.Rate.UNLIMITED,
                            new RateLimit.Rate(0, 0, 1 << 20, 1 << 16)),
                    Runnable::run,
                    alarm);
    private final MmioTransport transport =
            new MmioTransport(
                    "net0", device, memory, new FakeMessageInterrupt(), device::queueNotified);
    private final MmioDriver registers = new MmioDriver(transport);
    private final List<GuestDriver> layouts = new ArrayList<>();
    private final int[] availIndex = new int[QUEUES];
    private boolean paused;
    private int resumes;

    NetScript() {
        for (int i = 0; i < QUEUES; i++) {
            layouts.add(new GuestDriver(memory, BASE_GPA + (long) RINGS_BYTES * i, SIZE, true));
        }
    }

    /** What the card has done. */
    NetCounters counters() {
        return device.frameCounters();
    }

    /** Does what {@code script} says until it is used up. */
    void run(ByteBuffer script) {
        while (script.remaining() >= STEP_BYTES) {
            step(script.get() & 0xff, script.get() & 0xff, script.getShort(), script.getLong());
            check();
        }
        registers.write(VirtioMmio.STATUS, 0);
        assertEquals(0, registers.read(VirtioMmio.STATUS));
        assertTrue(!net.isInUse());
        transport.close();
    }

    private void check() {
        for (byte[] sent : net.sent()) {
            assertTrue(isSane(sent), "the host was handed nonsense");
        }
        net.sent().clear();
    }

    /** Whether a header asks for what its frame allows. */
    private static boolean isSane(byte[] sent) {
        ByteBuffer header = ByteBuffer.wrap(sent).order(ByteOrder.LITTLE_ENDIAN);
        int frameBytes = sent.length - NetBackend.HEADER_BYTES;
        boolean csum = sent[0] == 1;
        int start = header.getShort(6) & 0xffff;
        int offset = header.getShort(8) & 0xffff;
        boolean plain = sent[1] == 0 && header.getShort(2) == 0 && header.getShort(4) == 0;
        boolean large =
                csum && header.getShort(4) != 0 && (header.getShort(2) & 0xffff) <= frameBytes;
        return (csum ? start >= 14 && start + offset + 2 <= frameBytes : start + offset == 0)
                && (sent[0] & ~1) == 0
                && header.getShort(10) == 0
                && (plain || large);
    }

    private void step(int what, int where, int small, long value) {
        int index = where % QUEUES;
        switch (what & 0x0f) {
            case 0 -> access(2L * where, 1 << (small & 3), value, (small & 4) != 0);
            case 1 -> registers.write(where & 0x7c, value & 0xf);
            case 2 -> memory.storeU8(BASE_GPA + (small & 0x7fff), (int) value);
            case 3 -> memory.storeU16(BASE_GPA + (small & 0x7ffe), (int) value & 0xf);
            case 4 ->
                    layouts.get(index)
                            .descriptor(
                                    small >> 6 & SIZE - 1,
                                    gpa(value),
                                    value >>> 44,
                                    small & 7,
                                    small >> 3 & 7);
            case 5 -> publish(index, small & 0x0f);
            case 6 -> registers.write(VirtioMmio.QUEUE_NOTIFY, index);
            case 7 -> lifecycle(where, value);
            case 8 -> bringUp(where);
            case 9, 10 -> buffers(where, small);
            case 11 -> control(where, small, value);
            case 12 -> send(small, value);
            default -> arrive(small, value);
        }
    }

    /** Any access that an address space lets through. */
    private void access(long at, int widthBytes, long value, boolean write) {
        long offset = Math.min(at, MmioTransport.SIZE_BYTES - widthBytes);
        if (write) {
            transport.write(offset, widthBytes, value & -1L >>> (64 - 8 * widthBytes));
        } else {
            transport.read(offset, widthBytes);
        }
    }

    /** Mostly RAM, sometimes anything. */
    private static long gpa(long value) {
        return (value & 7) == 0 ? value : BASE_GPA + (value >>> 8 & RAM_BYTES - 1);
    }

    private static long dataGpa(int index) {
        return BASE_GPA + RINGS_BYTES * QUEUES + 0x2000L * index;
    }

    private void bringUp(int where) {
        if ((where & 1) == 0) {
            memory.fill(BASE_GPA, RINGS_BYTES * QUEUES, (byte) 0);
            Arrays.fill(availIndex, 0);
        }
        long without =
                switch (where >> 1 & 3) {
                    case 0 -> VirtioFeatures.EVENT_IDX;
                    case 1 -> VirtioNet.F_MRG_RXBUF;
                    case 2 -> VirtioNet.F_CSUM | VirtioNet.F_GUEST_CSUM;
                    default -> NetConfig.GUEST_OFFLOADS;
                };
        registers.negotiate(registers.offered() & ~without);
        for (int i = 0; i < QUEUES; i++) {
            registers.setUp(i, layouts.get(i));
        }
        registers.ready();
    }

    private void publish(int index, int head) {
        GuestDriver layout = layouts.get(index);
        int slot = availIndex[index] % SIZE;
        memory.storeU16(layout.availGpa() + SplitRing.RING_ELEMENTS + 2L * slot, head);
        availIndex[index] = availIndex[index] + 1 & 0xffff;
        memory.storeU16(layout.availGpa() + SplitRing.RING_IDX, availIndex[index]);
    }

    /** Buffers for receiving as they should be, of any size. */
    private void buffers(int where, int small) {
        int head = availIndex[0] % SIZE;
        layouts.get(0)
                .descriptor(
                        head, dataGpa(head % 4), 12 + (small & 0xfff), SplitRing.DESC_F_WRITE, 0);
        publish(0, head);
        if ((where & 1) == 0) {
            registers.write(VirtioMmio.QUEUE_NOTIFY, VirtioNet.RX_QUEUE);
        }
    }

    /** A frame to send as it should be, but for its header. */
    private void send(int small, long value) {
        long at = dataGpa(4);
        memory.storeU64(at, small < 0 ? 0 : value);
        memory.storeU32(at + 8, small < 0 ? 0 : small);
        layouts.get(1).descriptor(0, at, 9, SplitRing.DESC_F_NEXT, 1);
        layouts.get(1).descriptor(1, at + 9, 17 + (small & 0x7ff), 0, 0);
        publish(1, 0);
        registers.write(VirtioMmio.QUEUE_NOTIFY, VirtioNet.TX_QUEUE);
    }

    /** A command as it should be, but for its data. */
    private void control(int where, int small, long value) {
        long at = dataGpa(5);
        boolean mode = (where & 0x80) != 0;
        memory.storeU8(at, mode ? VirtioNet.CTRL_RX : where & 7);
        memory.storeU8(at + 1, mode ? where % 6 : where >> 3 & 7);
        memory.storeU64(at + 2, (where & 0x40) == 0 ? value & 0x2_0000_0001L : value);
        memory.storeU64(at + 10, 0);
        int[] lengths = {2, 3, 8, 10, 10, 22, 16, 1 + (small >> 3 & 0x3f)};
        int length = mode ? 3 : lengths[small & 7];
        layouts.get(2).descriptor(0, at, length, SplitRing.DESC_F_NEXT, 1);
        layouts.get(2).descriptor(1, at + 0x100, 1, SplitRing.DESC_F_WRITE, 0);
        publish(2, 0);
        registers.write(VirtioMmio.QUEUE_NOTIFY, VirtioNet.CTRL_QUEUE);
    }

    private void arrive(int small, long value) {
        if (net.waiting() < MOST_WAITING) {
            byte[] frame = new byte[Math.max(1, small & 0x3fff)];
            ByteBuffer.wrap(frame).put(frame.length < 20 ? new byte[0] : header(value));
            net.arrive(frame);
        }
    }

    private static byte[] header(long value) {
        ByteBuffer bytes = ByteBuffer.allocate(20).putLong(12, (value & 3) == 0 ? -1 : value);
        return (value & 3) == 1 ? bytes.put(12, MAC.toBytes()).array() : bytes.array();
    }

    private void lifecycle(int where, long value) {
        switch (where & 7) {
            case 0 -> transport.reset();
            case 1 -> pause();
            case 2 -> net.full((where & 8) != 0);
            case 3 -> net.link((where & 8) != 0);
            case 4 -> {
                pause();
                MmioTransportState.V1 saved = transport.exportState();
                NetState.V1 own = device.exportState();
                transport.importState(saved);
                device.importState(own);
                assertEquals(saved, transport.exportState());
                assertEquals(own, device.exportState());
                resume();
            }
            case 5 -> alarm.advance(value & 0xff_ffff);
            case 6 -> device.announce();
            default -> resume();
        }
    }

    private void pause() {
        transport.pause();
        paused = true;
        MmioTransportState.V1 state = transport.exportState(); // nothing is in flight
        net.full(false);
        assertEquals(state, transport.exportState());
    }

    private void resume() {
        transport.resume();
        resumes += paused ? 1 : 0;
        paused = false;
    }

    /** How often it carried on. */
    int resumes() {
        return resumes;
    }
}
