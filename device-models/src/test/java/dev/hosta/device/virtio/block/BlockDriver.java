package dev.hosta.device.virtio.block;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.queue.GuestDriver;

/** Makes requests of a disk, each with memory of its own. */
final class BlockDriver {
    private static final int SLOT_BYTES = 0x4000;
    private static final int DATA = 0x1000;
    private static final int STATUS_NOT_WRITTEN = 0xff;

    private final FakeGuestMemory memory;
    private final GuestDriver queue;
    private final int slots;
    private int next;

    BlockDriver(FakeGuestMemory memory, GuestDriver queue, int slots) {
        this.memory = memory;
        this.queue = queue;
        this.slots = slots;
    }

    /** Where the data of a slot is. */
    long dataGpa(int slot) {
        return slotGpa(slot) + DATA;
    }

    private long slotGpa(int slot) {
        return queue.endGpa() + (long) SLOT_BYTES * slot;
    }

    /** Asks for a read; gives the slot. */
    int read(long sector, int lengthBytes) {
        int slot = header(VirtioBlk.T_IN, sector);
        long data = dataGpa(slot);
        int half = lengthBytes / 2;
        queue.add(
                toDevice(slotGpa(slot), 16),
                fromDevice(data, half),
                fromDevice(data + half, lengthBytes - half),
                fromDevice(slotGpa(slot) + 16, 1));
        return slot;
    }

    /** Asks for a write of the data that is in the slot; gives the slot. */
    int write(long sector, int lengthBytes) {
        return send(VirtioBlk.T_OUT, sector, lengthBytes);
    }

    /** Asks for something that is sent that many bytes of the slot's data; gives the slot. */
    int send(int type, long sector, int lengthBytes) {
        int slot = header(type, sector);
        queue.addIndirect(
                slotGpa(slot) + 0x100,
                toDevice(slotGpa(slot), 16),
                toDevice(dataGpa(slot), lengthBytes),
                fromDevice(slotGpa(slot) + 16, 1));
        return slot;
    }

    /** Asks for something without data; gives the slot. */
    int ask(int type) {
        int slot = header(type, 0);
        queue.add(toDevice(slotGpa(slot), 16), fromDevice(slotGpa(slot) + 16, 1));
        return slot;
    }

    /** The slot that the next request will use. */
    int nextSlot() {
        return next % slots;
    }

    private int header(int type, long sector) {
        int slot = next++ % slots;
        memory.storeU32(slotGpa(slot), type);
        memory.storeU32(slotGpa(slot) + 4, 0);
        memory.storeU64(slotGpa(slot) + 8, sector);
        memory.storeU8(slotGpa(slot) + 16, STATUS_NOT_WRITTEN);
        return slot;
    }

    /** Puts a range of discard or write-zeroes into the data of the next slot. */
    void range(int index, long sector, long sectors, long flags) {
        long at = dataGpa(nextSlot()) + 16L * index;
        memory.storeU64(at, sector);
        memory.storeU32(at + 8, sectors);
        memory.storeU32(at + 12, flags);
    }

    /** The status of a slot's request; 255 while there is none. */
    int status(int slot) {
        return memory.loadU8(slotGpa(slot) + 16);
    }
}
