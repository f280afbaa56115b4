package dev.hosta.machine;

import dev.hosta.linux.DiskException;
import dev.hosta.linux.RawDisk;

import java.util.List;

/**
 * The disks of a machine, for whoever hands its guest over: files that another process takes, and
 * may give back.
 *
 * <p>Threading: the thread that hands over; the machine is paused.
 */
public final class MachineDisks {
    private final List<RawDisk> disks;

    MachineDisks(List<RawDisk> disks) {
        this.disks = disks;
    }

    /**
     * Passes where all disks of a spec are files that can be used as such, by whomever they are
     * held now.
     *
     * @throws DiskException where one is not
     */
    public static void look(MachineSpec spec) {
        Disks.look(spec.disks());
    }

    /** Closes all files, which unlocks them; the guest cannot run until they are taken up. */
    public void letGo() {
        disks.forEach(RawDisk::letGo);
    }

    /**
     * Opens and locks all files, or none. Idempotent. Whether the guest may write them is the
     * caller's to know: leases are not looked at.
     *
     * @throws DiskException where another process has one, or it is not the disk that it was
     */
    public void takeUp() {
        try {
            disks.forEach(RawDisk::takeUp);
        } catch (RuntimeException e) {
            letGo();
            throw e;
        }
    }

    /** Whether all files are open. */
    boolean areHeld() {
        return disks.stream().allMatch(RawDisk::isHeld);
    }

    /**
     * Returns once all that was written to them is durable.
     *
     * @throws DiskException where the host failed to write
     */
    void flush() {
        Disks.flush(disks);
    }
}
