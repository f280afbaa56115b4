package dev.hosta.snapshot;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineCut;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/**
 * A machine in a folder: {@link #write} makes one, {@link #read} looks into it.
 *
 * <pre>
 *   manifest.json   what the machine is, its state, the digest of memory.sums, its own digest
 *   memory          RAM by offset, sparse
 *   memory.sums     what memory must read as
 *   unresumed       whether the guest has gone on nowhere since
 *   disk-ID         a copy of the disk ID, for a guest that ran on and may write its own
 * </pre>
 *
 * <p>Threading: any thread; a machine is saved by one at a time.
 */
public final class SavedForm {
    private SavedForm() {}

    /**
     * Saves a machine.
     *
     * <p>The guest stands still while its disks are flushed, its state is taken and its RAM frozen;
     * unless it is to stop it then runs on while its memory is written. The folder is complete, or
     * what was there before is as it was.
     *
     * @param vm running or paused; stays paused where {@code options} say so
     * @param folder made, or an earlier saved form that is replaced
     * @throws SaveException where it cannot be saved
     * @throws CancellationException where {@code progress} ended it
     * @throws IllegalStateException where the machine is being saved already, or has ended
     */
    public static SaveReport write(
            VirtualMachine vm, Path folder, SaveOptions options, SaveProgress progress) {
        String action = "Cannot save " + vm.spec().name() + " to " + folder;
        progress.report(SaveProgress.Stage.CUTTING, 0, vm.ram().sizeBytes());
        return SaveFailures.explained(
                action,
                vm.ram().sizeBytes(),
                () -> {
                    try (SaveFolder files = SaveFolder.beside(folder)) {
                        List<DiskIdentity> disks = new ArrayList<>();
                        try (MachineCut cut =
                                vm.cut(
                                        options.thenStop(),
                                        () -> takeDisks(vm, files, options, disks, progress))) {
                            return write(cut, vm, files, disks, options, progress);
                        }
                    }
                });
    }

    private static SaveReport write(
            MachineCut cut,
            VirtualMachine vm,
            SaveFolder files,
            List<DiskIdentity> disks,
            SaveOptions options,
            SaveProgress progress)
            throws IOException {
        boolean done = false;
        try {
            MemorySums sums = MemoryFile.write(cut.ram(), files.memory(), progress);
            byte[] sumBytes = sums.bytes();
            long size = cut.ram().sizeBytes();
            Manifest.Memory memory =
                    Manifest.Memory.of(
                            size, sums.dataBytes(), ManifestFile.sha256(sumBytes, sumBytes.length));
            progress.report(SaveProgress.Stage.SYNCING, size, size);
            files.write(MemorySums.NAME, sumBytes);
            List<String> requires =
                    options.disks() == DiskCopying.NONE ? List.of() : List.of(Manifest.DISK_COPIES);
            Manifest manifest = manifest(requires, cut, vm.spec(), disks, memory);
            files.write(ManifestFile.NAME, ManifestFile.bytes(manifest));
            if (options.thenStop()) {
                files.write(UnresumedMark.NAME, UnresumedMark.bytes(manifest.id()));
            }
            if (progress.isCancelled()) {
                throw new CancellationException();
            }
            files.putInPlace();
            done = true;
            return new SaveReport(cut.pauseNanos(), size, sums.dataBytes());
        } finally {
            if (!done && cut.ran()) {
                cut.close();
                letRunOn(vm);
            }
        }
    }

    /** After a suspend that failed, or a dump that held the guest. */
    static void letRunOn(VirtualMachine vm) {
        if (vm.phase() == MachinePhase.PAUSED) {
            vm.resume();
        }
    }

    static Manifest manifest(
            List<String> requires,
            MachineCut cut,
            MachineSpec spec,
            List<DiskIdentity> disks,
            Manifest.Memory memory) {
        return new Manifest(
                requires,
                Optional.ofNullable(SavedForm.class.getPackage().getImplementationVersion())
                        .orElse("unknown"),
                UUID.randomUUID().toString().replace("-", ""),
                spec,
                cut.cpu(),
                disks,
                memory,
                cut.state());
    }

    /** Looks at the disks as they are, and copies those that are to be. */
    private static void takeDisks(
            VirtualMachine vm,
            SaveFolder files,
            SaveOptions options,
            List<DiskIdentity> into,
            SaveProgress progress) {
        identify(vm.spec(), into);
        if (options.disks() == DiskCopying.NONE) {
            return;
        }
        for (int i = 0; i < into.size(); i++) {
            DiskSpec disk = vm.spec().disks().get(i);
            if (!disk.readOnly()) {
                try {
                    into.set(i, copy(disk, files, options.disks(), progress));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private static DiskIdentity copy(
            DiskSpec disk, SaveFolder files, DiskCopying how, SaveProgress progress)
            throws IOException {
        String name = DiskCopies.nameOf(disk);
        FileDescriptor to = files.add(name);
        Optional<String> hindrance = DiskCopies.reflink(disk, to);
        if (hindrance.isPresent()) {
            if (how != DiskCopying.FULL) {
                throw new SaveException(
                        "Cannot copy the disk '"
                                + disk.id()
                                + "' ("
                                + disk.path()
                                + ") at once: "
                                + hindrance.get()
                                + ". Copy it in full (--copy-disks), the guest standing still, or"
                                + " save without it (--no-disks).");
            }
            DiskCopies.copy(disk, to, progress);
        }
        return DiskIdentity.of(disk, files.path(name));
    }

    static void identify(MachineSpec spec, List<DiskIdentity> into) {
        for (DiskSpec disk : spec.disks()) {
            try {
                into.add(DiskIdentity.of(disk, disk.path().toAbsolutePath().normalize()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Looks into a saved form: reads and checks its manifest and sums, and the size of its memory.
     *
     * @throws SavedFormException where it is damaged, too old or too new; says which file
     */
    public static SavedMachine read(Path folder) {
        return SavedMachine.read(folder.toAbsolutePath().normalize());
    }
}
