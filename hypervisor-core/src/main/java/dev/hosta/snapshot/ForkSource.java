package dev.hosta.snapshot;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.PidFile;
import dev.hosta.machine.MachineCut;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A running machine from which another process makes a second one that shares its memory, each page
 * until one of them writes it.
 *
 * <p>The folder is read with {@link SavedForm#read} like a saved form. Its memory is not a copy but
 * the memory of this process, frozen: a link to its descriptor in /proc. So it is good as long as
 * this object is open, which is until the other process has made its machine; closing it before
 * hurts nothing that was made. The other process must run as the same user.
 *
 * <p>Threading: one thread; one fork or save of a machine at a time.
 */
public final class ForkSource implements AutoCloseable {
    /** Pages that the guest wrote since it was forked or saved before, by offset. */
    static final String LAYER_NAME = "memory.layer";

    private final Path folder;
    private final MachineCut cut;
    private final TwinDisks copies;
    private boolean made;

    private ForkSource(Path folder, MachineCut cut, TwinDisks copies) {
        this.folder = folder;
        this.cut = cut;
        this.copies = copies;
    }

    /**
     * Freezes a machine, which runs on, and describes it in a new folder.
     *
     * @param vm running, or paused
     * @param folder does not exist yet; on any file system
     * @param replacedDisks ids of disks that the other machine gets files of its own for
     * @param twin the other machine's name, which names the copies of disks that both would write;
     *     without one these are refused
     * @throws SaveException where a disk is written that both would have, and cannot share its
     *     blocks with a copy beside it; or the folder cannot be made
     * @throws IllegalStateException where the machine is being saved or forked, or has ended
     */
    public static ForkSource open(
            VirtualMachine vm, Path folder, Set<String> replacedDisks, Optional<String> twin) {
        String action = "Cannot fork " + vm.spec().name();
        TwinDisks copies = TwinDisks.prepare(action, vm.spec(), replacedDisks, twin);
        MachineSpec spec = copies.specOf(vm.spec());
        List<DiskIdentity> disks = new ArrayList<>();
        MachineCut cut;
        try {
            cut =
                    vm.cut(
                            false,
                            () -> {
                                copies.fill(vm.spec());
                                SavedForm.identify(spec, disks);
                            });
        } catch (RuntimeException e) {
            copies.close();
            throw e;
        }
        ForkSource source = new ForkSource(folder, cut, copies);
        boolean described = false;
        try {
            vm.ram().lendBase();
            source.describe(spec, disks);
            described = true;
            return source;
        } catch (IOException e) {
            throw new SaveException(action + ": " + e.getMessage() + ".", e);
        } finally {
            if (!described) {
                source.close();
            }
        }
    }

    private void describe(MachineSpec spec, List<DiskIdentity> disks) throws IOException {
        Files.createDirectory(folder);
        made = true;
        link(MemoryFile.NAME, cut.ram().base());
        Optional<FileDescriptor> layer = cut.ram().layer();
        if (layer.isPresent()) {
            link(LAYER_NAME, layer.get());
        }
        Manifest.Memory memory = Manifest.Memory.of(cut.ram().sizeBytes(), 0, "");
        Manifest manifest =
                SavedForm.manifest(List.of(Manifest.LIVE_MEMORY), cut, spec, disks, memory);
        Files.write(folder.resolve(ManifestFile.NAME), ManifestFile.bytes(manifest));
    }

    private void link(String name, FileDescriptor file) throws IOException {
        Path target = Path.of("/proc/" + PidFile.ownPid() + "/fd/" + file.number());
        Files.createSymbolicLink(folder.resolve(name), target);
    }

    /** How long the guest stood still, in nanoseconds. */
    public long pauseNanos() {
        return cut.pauseNanos();
    }

    /** The copies of disks that were made for the other machine. */
    public List<Path> copiedDisks() {
        return copies.files();
    }

    /** The other machine is made, and has the copies of disks. */
    public void keepDisks() {
        copies.keep();
    }

    /**
     * Deletes the folder, lets go of the frozen memory, and deletes the copies of disks unless they
     * are kept or in use. Idempotent.
     */
    @Override
    public void close() {
        cut.close();
        copies.close();
        if (!made) {
            return;
        }
        made = false;
        for (String name : List.of(ManifestFile.NAME, MemoryFile.NAME, LAYER_NAME)) {
            deleteQuietly(folder.resolve(name));
        }
        deleteQuietly(folder);
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            System.getLogger(ForkSource.class.getName())
                    .log(System.Logger.Level.WARNING, "Cannot delete {0}: {1}", file, e);
        }
    }
}
