package dev.hosta.migration;

import dev.hosta.linux.DiskException;
import dev.hosta.machine.DiskLease;
import dev.hosta.machine.DiskLease.Stage;
import dev.hosta.machine.DiskLease.Terms;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The leases of all disks that a guest writes, as one side of a hand-over has them.
 *
 * <pre>
 *   source       - -&gt; offered ID -&gt; handed-over TOKEN     either -&gt; - where it keeps the guest
 *   destination  handed-over TOKEN -&gt; running TOKEN -&gt; -  once the source has heard
 * </pre>
 *
 * <p>Whoever changes one has the disk locked.
 *
 * <p>Threading: one thread at a time.
 */
final class Leases {
    private final Map<DiskSpec, DiskLease> leases = new LinkedHashMap<>();

    /** What this side wrote, or found and relied on. */
    private final Map<DiskSpec, Terms> known = new LinkedHashMap<>();

    /** Of the disks that the guest writes, with the paths of this side. */
    Leases(MachineSpec spec) {
        for (DiskSpec disk : spec.disks()) {
            if (!disk.readOnly()) {
                leases.put(disk, new DiskLease(disk.path()));
            }
        }
    }

    /**
     * Source: shows the destination which files are meant.
     *
     * @param id of the migration
     * @throws DiskException where one is handed over already, or cannot be written
     */
    void offer(String id) {
        leases.forEach(
                (disk, lease) -> {
                    Optional<Terms> found = lease.read();
                    if (found.isPresent() && found.get().stage() == Stage.HANDED_OVER) {
                        throw new DiskException(
                                "The disk '" + disk.id() + "' is being handed over already.");
                    }
                    known.put(disk, lease.advance(found, id, Stage.OFFERED));
                });
    }

    /**
     * Destination: passes where its disks are the source's.
     *
     * @throws MigrationException where one is another file
     */
    void requireOffered(String id) {
        leases.forEach(
                (disk, lease) -> {
                    Optional<Terms> found = lease.read();
                    if (found.isEmpty()
                            || found.get().stage() != Stage.OFFERED
                            || !found.get().token().equals(id)) {
                        throw new MigrationException(
                                "The disk '"
                                        + disk.id()
                                        + "' is not here what it is at the source: "
                                        + disk.path()
                                        + ". Both must see one file; --disk "
                                        + disk.id()
                                        + "=PATH names it on this side.");
                    }
                    known.put(disk, found.get());
                });
    }

    /** Source: the disks are the destination's. */
    void handOver(String token) {
        leases.forEach(
                (disk, lease) ->
                        known.put(
                                disk,
                                lease.advance(
                                        Optional.of(known.get(disk)), token, Stage.HANDED_OVER)));
    }

    /**
     * Destination: it begins to run the guest.
     *
     * @throws DiskException where a disk is not its own, or not any more
     */
    void begin(String token) {
        leases.forEach(
                (disk, lease) -> {
                    Optional<Terms> found = lease.read();
                    if (found.isEmpty()
                            || found.get().stage() == Stage.OFFERED
                            || !found.get().token().equals(token)) {
                        throw new DiskException(
                                "The disk '"
                                        + disk.id()
                                        + "' was not handed over to this host: "
                                        + disk.path()
                                        + ".");
                    }
                    known.put(
                            disk,
                            found.get().stage() == Stage.RUNNING
                                    ? found.get()
                                    : lease.advance(found, token, Stage.RUNNING));
                });
    }

    /**
     * Takes away what this side wrote: the hand-over is over, or was not.
     *
     * @throws DiskException where another decided meanwhile
     */
    void withdraw() {
        for (DiskSpec disk : List.copyOf(known.keySet())) {
            leases.get(disk).remove(known.get(disk));
            known.remove(disk);
        }
    }

    /**
     * Passes where all are of this hand-over still, so that {@link #end} will pass, too: also where
     * the destination has begun with some of several disks, and could not have the others.
     *
     * @throws DiskException where another decided meanwhile
     */
    void requireOf(String token) {
        leases.forEach((disk, lease) -> found(disk, lease, token));
    }

    private static Terms found(DiskSpec disk, DiskLease lease, String token) {
        return lease.read()
                .filter(terms -> terms.token().equals(token))
                .orElseThrow(() -> elsewhere(disk));
    }

    /**
     * Takes away what stands there of a hand-over that ended, whichever side wrote it last.
     *
     * @throws DiskException where another decided meanwhile
     */
    void end(String token) {
        requireOf(token);
        leases.forEach((disk, lease) -> lease.remove(found(disk, lease, token)));
        known.clear();
    }

    private static DiskException elsewhere(DiskSpec disk) {
        return new DiskException(
                "The disk '"
                        + disk.id()
                        + "' was decided about elsewhere meanwhile: "
                        + disk.path()
                        + ".");
    }

    /**
     * Takes away what stands there of a guest that began on this host and whose process has ended.
     *
     * @throws DiskException where the host cannot
     */
    static void sweep(HandOverRecord.Entry entry) {
        for (HandOverRecord.Lease one : entry.leases()) {
            DiskLease lease = new DiskLease(one.disk());
            Optional<Terms> found = lease.read();
            if (found.isPresent() && found.get().token().equals(entry.token())) {
                lease.remove(found.get());
            }
        }
    }

    /** What this side wrote, or found, for its record. */
    List<HandOverRecord.Lease> terms() {
        return known.entrySet().stream()
                .map(
                        one ->
                                new HandOverRecord.Lease(
                                        one.getKey().path(), one.getValue().generation()))
                .toList();
    }
}
