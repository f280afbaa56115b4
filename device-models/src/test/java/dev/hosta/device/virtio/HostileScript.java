package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.state.Stateful;
import dev.hosta.device.virtio.abi.SplitRing;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;
import dev.hosta.device.virtio.transport.MmioTransportState;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A device behind registers, driven by arbitrary bytes as a hostile driver and its host would drive
 * it, with checks of what must hold whatever they do. A step is {@link #STEP_BYTES} bytes.
 *
 * <p>The device must have no chain out at the end of a step.
 */
public final class HostileScript {
    /** Length of a step. */
    public static final int STEP_BYTES = 12;

    private static final int SIZE = 8;
    private static final long BASE_GPA = 0x10_0000;
    private static final int RAM_BYTES = 1 << 18;
    private static final int BUFFERS = 4;

    /** What is particular to a device. */
    public interface Particulars {
        /** Writes something that the device understands where a well-formed chain reads. */
        void fill(FakeGuestMemory memory, long gpa, int queue, int small, long value);

        /** Whether the device writes the buffers of a queue. */
        boolean deviceWrites(int queue);

        /** The host does something. */
        void host(int where, int small, long value);
    }

    private final FakeGuestMemory memory = FakeGuestMemory.onHeap(BASE_GPA, RAM_BYTES);
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final VirtioDevice device;
    private final Particulars particulars;
    private final MmioTransport transport;
    private final MmioDriver registers;
    private final List<GuestDriver> layouts = new ArrayList<>();
    private final int[] availIndex;
    private final long dataGpa;
    private int interruptBits;

    /** Drives a device that does its work in place, such as on a {@link TaskLoop}. */
    public HostileScript(VirtioDevice device, Particulars particulars) {
        this.device = device;
        this.particulars = particulars;
        this.transport =
                new MmioTransport("hostile", device, memory, interrupt, device::queueNotified);
        this.registers = new MmioDriver(transport);
        long gpa = BASE_GPA;
        for (int i = 0; i < device.queueSizes().size(); i++) {
            layouts.add(new GuestDriver(memory, gpa, SIZE, true));
            gpa = layouts.get(i).endGpa();
        }
        this.dataGpa = gpa;
        this.availIndex = new int[layouts.size()];
    }

    /** Does what {@code script} says until it is used up. */
    public void run(ByteBuffer script) {
        while (script.remaining() >= STEP_BYTES) {
            step(script.get() & 0xff, script.get() & 0xff, script.getShort(), script.getLong());
        }
        registers.write(VirtioMmio.STATUS, 0);
        assertEquals(0, registers.read(VirtioMmio.STATUS));
        assertEquals(0, registers.read(VirtioMmio.INTERRUPT_STATUS));
        transport.pause();
        transport.close();
    }

    private void step(int what, int where, int small, long value) {
        long sent = interrupt.sent();
        int queue = where % layouts.size();
        GuestDriver layout = layouts.get(queue);
        switch (what & 0x0f) {
            case 0 -> access(2L * where, 1 << (small & 3), value, (value & 1) != 0);
            case 1 -> registers.write(where & 0x7c, value & 0xf);
            case 2 -> memory.storeU16(BASE_GPA + (small & 0x3_fffe), (int) value & 0xf);
            case 3 ->
                    layout.descriptor(
                            small & 7, gpa(value), value >>> 44, small >> 3 & 7, small >> 6 & 7);
            case 4 -> publish(queue, small & 7);
            case 5 -> registers.write(VirtioMmio.QUEUE_NOTIFY, queue);
            case 6 -> registers.write(VirtioMmio.INTERRUPT_ACK, where & 3);
            case 7 -> lifecycle(where);
            case 8 -> bringUp(where);
            case 9, 10, 11 -> particulars.host(where, small, value);
            default -> wellFormed(queue, small, value);
        }
        int bits = transport.exportState().interruptStatus();
        if ((bits & ~interruptBits) != 0) {
            assertTrue(interrupt.sent() > sent, "a bit was set and nobody told");
        }
        interruptBits = bits;
    }

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

    private void publish(int queue, int head) {
        long availGpa = layouts.get(queue).availGpa();
        int slot = availIndex[queue] % SIZE;
        memory.storeU16(availGpa + SplitRing.RING_ELEMENTS + 2L * slot, head);
        availIndex[queue] = availIndex[queue] + 1 & 0xffff;
        memory.storeU16(availGpa + SplitRing.RING_IDX, availIndex[queue]);
    }

    /** Two buffers of one kind, each with a place of its own. */
    private void wellFormed(int queue, int small, long value) {
        int head = 2 * (small & 3);
        long at = dataGpa + 0x100L * (BUFFERS * queue + (small & 3));
        boolean wrong = (small & 0x70) == 0x70;
        int flags = particulars.deviceWrites(queue) != wrong ? SplitRing.DESC_F_WRITE : 0;
        particulars.fill(memory, at, queue, small >>> 8, value);
        GuestDriver layout = layouts.get(queue);
        layout.descriptor(head, at, 4, flags | SplitRing.DESC_F_NEXT, head + 1);
        layout.descriptor(head + 1, at + 4, 4 + (value >>> 56 & 0x7f), flags, 0);
        publish(queue, head);
        registers.write(VirtioMmio.QUEUE_NOTIFY, queue);
    }

    private void bringUp(int where) {
        if ((where & 1) == 0) {
            memory.fill(BASE_GPA, dataGpa - BASE_GPA, (byte) 0);
            Arrays.fill(availIndex, 0);
        }
        long without = (where & 2) == 0 ? VirtioFeatures.EVENT_IDX : where & 2;
        registers.negotiate(registers.offered() & ~without);
        for (int i = 0; i < layouts.size(); i++) {
            registers.setUp(i, layouts.get(i));
        }
        registers.ready();
    }

    private void lifecycle(int where) {
        switch (where & 7) {
            case 0 -> transport.reset();
            case 1 -> transport.pause();
            case 2, 3 -> saveAndRestore();
            default -> transport.resume();
        }
    }

    private void saveAndRestore() {
        transport.pause();
        MmioTransportState.V1 saved = transport.exportState();
        if (device instanceof Stateful<?> stateful) {
            restoreOwn(stateful, saved);
        } else {
            transport.importState(saved);
        }
        assertEquals(saved, transport.exportState());
        transport.resume();
    }

    private <S extends Record> void restoreOwn(Stateful<S> own, MmioTransportState.V1 saved) {
        S ownSaved = own.exportState();
        transport.importState(saved);
        own.importState(ownSaved);
        assertEquals(ownSaved, own.exportState());
    }
}
