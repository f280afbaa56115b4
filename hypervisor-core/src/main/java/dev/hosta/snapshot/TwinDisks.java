package dev.hosta.snapshot;

import dev.hosta.linux.DiskLock;
import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The disks of a fork that are copies of its parent's: each beside the parent's file, under that
 * name with the fork's behind it, sharing its blocks.
 *
 * <p>Threading: one thread.
 */
final class TwinDisks implements AutoCloseable {
    private final String action;
    private final Map<String, Path> copies = new LinkedHashMap<>();
    private final List<FileDescriptor> files = new ArrayList<>();
    private boolean kept;

    private TwinDisks(String action) {
        this.action = action;
    }

    /**
     * Makes the files, still empty.
     *
     * @param action what cannot be done where this fails
     * @param replaced ids of disks that the fork has files of its own for
     * @param twin name of the fork; without one, nothing can be copied
     * @throws SaveException where a disk is written that both would have, or a file cannot be made
     */
    static TwinDisks prepare(
            String action, MachineSpec parent, Set<String> replaced, Optional<String> twin) {
        TwinDisks disks = new TwinDisks(action);
        try {
            for (DiskSpec disk : parent.disks()) {
                if (!disk.readOnly() && !replaced.contains(disk.id())) {
                    disks.make(disk, twin);
                }
            }
            return disks;
        } catch (SaveException e) {
            disks.close();
            throw e;
        }
    }

    private void make(DiskSpec disk, Optional<String> twin) {
        if (twin.isEmpty()) {
            throw refused(disk, "no name is given for a copy");
        }
        try {
            Path file = disk.path().toRealPath();
            if (!Files.isRegularFile(file)) {
                throw refused(disk, "it is no file, and cannot share blocks");
            }
            Path copy = file.resolveSibling(file.getFileName() + "." + twin.get());
            int flags = FileDescriptor.O_RDWR | FileDescriptor.O_CREAT | FileDescriptor.O_EXCL;
            files.add(FileDescriptor.open(copy, flags));
            copies.put(disk.id(), copy);
        } catch (IOException e) {
            throw refused(disk, "it cannot be found: " + e.getMessage());
        } catch (LinuxException e) {
            throw refused(
                    disk,
                    e.errno() == Errno.EEXIST
                            ? "where its copy would be is a file already"
                            : "no copy can be made beside it, errno=" + Errno.describe(e.errno()));
        }
    }

    private SaveException refused(DiskSpec disk, String why) {
        return new SaveException(
                action
                        + ": both would write its disk '"
                        + disk.id()
                        + "' ("
                        + disk.path()
                        + "), and "
                        + why
                        + ". Give the other a copy: --disk "
                        + disk.id()
                        + "=PATH");
    }

    /**
     * Fills them; the guest stands still.
     *
     * @throws SaveException where a disk cannot share its blocks
     */
    void fill(MachineSpec parent) {
        int next = 0;
        for (DiskSpec disk : parent.disks()) {
            if (copies.containsKey(disk.id())) {
                DiskCopies.reflink(disk, files.get(next++))
                        .ifPresent(
                                why -> {
                                    throw refused(disk, why);
                                });
            }
        }
    }

    /** The parent's disks, with the copies in the place of what was copied. */
    MachineSpec specOf(MachineSpec parent) {
        return parent.withDisks(
                parent.disks().stream()
                        .map(
                                disk ->
                                        copies.containsKey(disk.id())
                                                ? disk.withPath(copies.get(disk.id()))
                                                : disk)
                        .toList());
    }

    /** The copies. */
    List<Path> files() {
        return List.copyOf(copies.values());
    }

    /** The fork has them from now on. */
    void keep() {
        kept = true;
    }

    /** Deletes those that nobody has. Idempotent. */
    @Override
    public void close() {
        files.forEach(FileDescriptor::close);
        files.clear();
        if (kept) {
            return;
        }
        kept = true;
        copies.values().forEach(TwinDisks::deleteUnused);
    }

    private static void deleteUnused(Path copy) {
        try (FileDescriptor file = FileDescriptor.open(copy, FileDescriptor.O_RDWR)) {
            if (DiskLock.tryTake(file, false)) {
                Files.deleteIfExists(copy);
            }
        } catch (LinuxException | IOException e) {
            System.getLogger(TwinDisks.class.getName())
                    .log(System.Logger.Level.WARNING, "Cannot delete {0}: {1}", copy, e);
        }
    }
}
