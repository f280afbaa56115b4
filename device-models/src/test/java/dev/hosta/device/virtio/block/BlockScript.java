package dev.hosta.device.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.abi.SplitRing;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;
import dev.hosta.device.virtio.transport.MmioTransportState;

import java.nio.ByteBuffer;

/**
 * A disk behind registers, driven by arbitrary bytes as a hostile driver and its host would drive
 * it, with checks of what must hold whatever they do. A step is {@link #STEP_BYTES} bytes.
 */
final class BlockScript {
    static final int STEP_BYTES = 12;

    private static final int SIZE = 8;
    private static final long BASE_GPA = 0x10_0000;
    private static final int RAM_BYTES = 1 << 17;
    private static final int[] TYPES = {
        VirtioBlk.T_IN,
        VirtioBlk.T_OUT,
        VirtioBlk.T_FLUSH,
        VirtioBlk.T_GET_ID,
        VirtioBlk.T_DISCARD,
        VirtioBlk.T_WRITE_ZEROES,
        2,
        -1
    };

    private final FakeGuestMemory memory = FakeGuestMemory.onHeap(BASE_GPA, RAM_BYTES);
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final MemoryBackend backend = new MemoryBackend(1 << 16, 512, false, true);
    private final BlockDevice device = new BlockDevice(backend, Runnable::run);
    private final MmioTransport transport =
            new MmioTransport("disk0", device, memory, interrupt, device::queueNotified);
    private final MmioDriver registers = new MmioDriver(transport);
    private final GuestDriver layout = new GuestDriver(memory, BASE_GPA, SIZE, true);
    private int availIndex;
    private int interruptBits;

    /** What the disk has done. */
    BlockCounters counters() {
        return device.requestCounters();
    }

    /** Does what {@code script} says until it is used up. */
    void run(ByteBuffer script) {
        while (script.remaining() >= STEP_BYTES) {
            step(script.get() & 0xff, script.get() & 0xff, script.getShort(), script.getLong());
        }
        registers.write(VirtioMmio.STATUS, 0);
        assertEquals(0, registers.read(VirtioMmio.STATUS));
        assertEquals(0, registers.read(VirtioMmio.INTERRUPT_STATUS));
        transport.close();
    }

    private void step(int what, int where, int small, long value) {
        long sent = interrupt.sent();
        switch (what & 0x0f) {
            case 0 -> access(2L * where, 1 << (small & 3), value, true);
            case 1 -> access(2L * where, 1 << (small & 3), value, false);
            case 2 -> registers.write(where & 0x7c, value & 0xf);
            case 3 -> memory.storeU8(BASE_GPA + (small & 0x3fff), (int) value);
            case 4 -> memory.storeU16(BASE_GPA + (small & 0x3ffe), (int) value & 0xf);
            case 5 ->
                    layout.descriptor(
                            where % SIZE, gpa(value), value >>> 44, small & 7, small >> 3 & 7);
            case 6, 7 -> publish(where % (SIZE + 1));
            case 8 -> registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
            case 9 -> registers.write(VirtioMmio.INTERRUPT_ACK, where & 3);
            case 10 -> lifecycle(where);
            case 11 -> bringUp(where);
            default -> request(where, small, value);
        }
        int bits = state().interruptStatus();
        if ((bits & ~interruptBits) != 0) {
            assertTrue(interrupt.sent() > sent, "a bit was set and nobody told");
        }
        interruptBits = bits;
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

    private MmioTransportState.V1 state() {
        return transport.exportState(); // nothing is in flight: requests end where they begin
    }

    private void bringUp(int where) {
        if ((where & 1) == 0) {
            memory.fill(BASE_GPA, layout.endGpa() - BASE_GPA, (byte) 0);
            availIndex = 0;
        }
        long without = (where & 2) == 0 ? VirtioFeatures.EVENT_IDX : VirtioBlk.F_FLUSH;
        registers.negotiate(registers.offered() & ~without);
        registers.setUp(0, layout);
        registers.ready();
    }

    private void publish(int head) {
        memory.storeU16(
                layout.availGpa() + SplitRing.RING_ELEMENTS + 2L * (availIndex % SIZE), head);
        availIndex = availIndex + 1 & 0xffff;
        memory.storeU16(layout.availGpa() + SplitRing.RING_IDX, availIndex);
    }

    /** A request as it should be, but for its numbers. */
    private void request(int where, int small, long value) {
        long at = layout.endGpa();
        int type = TYPES[where & 7];
        memory.storeU32(at, type & 0xffff_ffffL);
        memory.storeU64(at + 8, (small & 0x100) == 0 ? small & 0x7f : value);
        int out =
                type == VirtioBlk.T_OUT || type >= VirtioBlk.T_DISCARD ? 0 : SplitRing.DESC_F_WRITE;
        int lengthBytes = type >= VirtioBlk.T_DISCARD ? 16 : 512 * (1 + (where >> 3 & 3));
        memory.storeU64(at + 0x1000, value >>> 56 & 0x7f);
        memory.storeU64(at + 0x1008, value & 0x3_0000_00ffL);
        layout.descriptor(0, at, 16, SplitRing.DESC_F_NEXT, 1);
        layout.descriptor(1, at + 0x1000, lengthBytes, SplitRing.DESC_F_NEXT | out, 2);
        layout.descriptor(2, at + 0x2000, 1, SplitRing.DESC_F_WRITE, 0);
        publish(0);
        registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
    }

    private void lifecycle(int where) {
        switch (where & 7) {
            case 0 -> transport.reset();
            case 1 -> transport.pause();
            case 2 -> backend.force(BlockBackend.Result.values()[(where >> 3) % 3]);
            case 3 -> backend.force(BlockBackend.Result.OK);
            case 4 -> {
                transport.pause();
                MmioTransportState.V1 saved = state();
                transport.importState(saved);
                assertEquals(saved, state());
                transport.resume();
            }
            default -> transport.resume();
        }
    }
}
