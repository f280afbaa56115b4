package dev.hosta.machine;

import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.block.BlockDevice;
import dev.hosta.linux.DiskException;
import dev.hosta.linux.EventLoop;
import dev.hosta.linux.RawDisk;

import java.util.ArrayList;
import java.util.List;

/** Makes disks of specs: opened early, plugged into the board later. */
final class Disks {
    private Disks() {}

    /**
     * Opens and locks all of them; what is open is owned by {@code handles}.
     *
     * @throws DiskException where one cannot be used, or is a guest's that was handed over
     */
    static List<RawDisk> open(List<DiskSpec> specs, OwnedHandles handles) {
        List<RawDisk> disks = new ArrayList<>();
        for (DiskSpec spec : specs) {
            RawDisk disk =
                    RawDisk.open(
                            spec.path(),
                            spec.readOnly(),
                            spec.cache(),
                            spec.surelyRaw(),
                            spec.id(),
                            spec.engine());
            disks.add(handles.own(disk, disk::close));
            if (!spec.readOnly()) {
                new DiskLease(spec.path()).requireFree();
            }
        }
        return disks;
    }

    /**
     * Makes all of them but for their files, which may be another's still; {@code handles} closes
     * what is taken up.
     */
    static List<RawDisk> notYet(List<DiskSpec> specs, OwnedHandles handles) {
        List<RawDisk> disks = new ArrayList<>();
        for (DiskSpec spec : specs) {
            RawDisk disk =
                    RawDisk.notYet(
                            spec.path(),
                            spec.readOnly(),
                            spec.cache(),
                            spec.surelyRaw(),
                            spec.id(),
                            spec.engine());
            disks.add(handles.own(disk, disk::close));
        }
        return disks;
    }

    /**
     * Passes where all of them are files that can be used as such, by whomever they are held now.
     *
     * @throws DiskException where one is not
     */
    static void look(List<DiskSpec> specs) {
        for (DiskSpec spec : specs) {
            RawDisk.look(spec.path(), spec.readOnly(), spec.cache(), spec.surelyRaw());
        }
    }

    /**
     * Returns once all that was written to them is durable.
     *
     * @throws DiskException where the host failed to write
     */
    static void flush(List<RawDisk> disks) {
        for (RawDisk disk : disks) {
            if (!disk.flushNow()) {
                throw new DiskException(
                        "Cannot save the guest: the host failed to write to disk "
                                + disk.serial()
                                + ".");
            }
        }
    }

    /**
     * Makes a virtio block device of each, in order, in the next free slots.
     *
     * @param specs what {@link #open} was given
     */
    static void plug(List<DiskSpec> specs, List<RawDisk> disks, VirtioSlots slots, Board board) {
        for (int i = 0; i < disks.size(); i++) {
            RawDisk disk = disks.get(i);
            RateSpec rate = specs.get(i).rate();
            slots.plug(
                    board,
                    "disks/" + disk.serial(),
                    disk.serial(),
                    loop -> {
                        disk.attach(loop);
                        return device(disk, rate, loop);
                    });
        }
    }

    private static BlockDevice device(RawDisk disk, RateSpec rate, EventLoop loop) {
        if (rate.equals(RateSpec.UNLIMITED)) {
            return new BlockDevice(disk, loop::execute);
        }
        RateLimit.Rate limit =
                new RateLimit.Rate(rate.operationsPerSecond(), 0, rate.bytesPerSecond(), 0);
        return new BlockDevice(disk, loop::execute, limit, loop.newAlarm());
    }
}
