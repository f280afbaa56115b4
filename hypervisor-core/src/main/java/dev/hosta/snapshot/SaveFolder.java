package dev.hosta.snapshot;

import dev.hosta.linux.DiskLock;
import dev.hosta.linux.Durable;
import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A saved form in the making: a folder beside its target, {@code TARGET.tmp-XXXXXXXX}, that takes
 * the target's place in one step once all of it is on the disk.
 *
 * <p>Its file of memory is locked while it is written, so that what a dead process left behind can
 * be told from what a living one writes. An earlier saved form stands under the target's name until
 * the new one does, then under the other name until it is deleted.
 *
 * <p>Threading: one thread.
 */
final class SaveFolder implements AutoCloseable {
    private static final String INFIX = ".tmp-";
    private static final int DIGITS = 8;

    private final Path target;
    private final Path folder;
    private final FileDescriptor memory;
    private final List<FileDescriptor> more = new ArrayList<>();
    private boolean inPlace;

    private SaveFolder(Path target, Path folder, FileDescriptor memory) {
        this.target = target;
        this.folder = folder;
        this.memory = memory;
    }

    /**
     * Sweeps up what dead saves to the target left, and makes a new folder.
     *
     * @throws SaveException where the target is something else than an earlier saved form
     */
    static SaveFolder beside(Path target) throws IOException {
        Path whole = target.toAbsolutePath().normalize();
        if (whole.getFileName() == null) {
            throw new SaveException("Cannot save to " + target + ": it is no name of a folder.");
        }
        requireReplaceable(whole);
        sweep(whole);
        String suffix =
                INFIX + String.format("%0" + DIGITS + "x", ThreadLocalRandom.current().nextInt());
        Path folder = whole.resolveSibling(whole.getFileName() + suffix);
        Files.createDirectory(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        FileDescriptor memory = null;
        try {
            memory = create(folder.resolve(MemoryFile.NAME));
            DiskLock.tryTake(memory, false);
            return new SaveFolder(whole, folder, memory);
        } finally {
            if (memory == null) {
                Files.delete(folder);
            }
        }
    }

    private static FileDescriptor create(Path file) {
        int flags = FileDescriptor.O_RDWR | FileDescriptor.O_CREAT | FileDescriptor.O_EXCL;
        return FileDescriptor.open(file, flags);
    }

    private static void requireReplaceable(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Path parent = target.getParent();
            if (!Files.isDirectory(parent)) {
                throw new SaveException(
                        "Cannot save to " + target + ": " + parent + " is no folder.");
            }
            return;
        }
        boolean folder = Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS);
        if (!folder || !isEmpty(target) && !Files.exists(target.resolve(ManifestFile.NAME))) {
            throw new SaveException(
                    "Cannot save to "
                            + target
                            + ": it is there and no saved form. Give another name.");
        }
        requireUnused(target);
    }

    /** A machine that was resumed writes the copies of disks that it found there. */
    private static void requireUnused(Path target) throws IOException {
        try (DirectoryStream<Path> copies =
                Files.newDirectoryStream(
                        target, p -> DiskCopies.isName(p.getFileName().toString()))) {
            for (Path copy : copies) {
                if (isLocked(copy)) {
                    throw new SaveException(
                            "Cannot save to "
                                    + target
                                    + ": a running guest's disk is there, "
                                    + copy.getFileName()
                                    + ". Give another name.");
                }
            }
        }
    }

    private static boolean isLocked(Path file) {
        try (FileDescriptor fd = FileDescriptor.open(file, FileDescriptor.O_RDONLY)) {
            return !DiskLock.tryTake(fd, true);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            return !files.iterator().hasNext();
        }
    }

    private static void sweep(Path target) throws IOException {
        String prefix = target.getFileName() + INFIX;
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> beside =
                Files.newDirectoryStream(
                        target.getParent(),
                        p -> {
                            String name = p.getFileName().toString();
                            return name.startsWith(prefix)
                                    && name.length() == prefix.length() + DIGITS;
                        })) {
            beside.forEach(found::add);
        }
        for (Path left : found) {
            if (isDead(left)) {
                delete(left);
            }
        }
    }

    /** Whether nobody writes it: its memory is not there, or is not locked. */
    private static boolean isDead(Path folder) {
        Path memory = folder.resolve(MemoryFile.NAME);
        try (FileDescriptor file = FileDescriptor.open(memory, FileDescriptor.O_RDWR)) {
            return DiskLock.tryTake(file, false);
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT;
        }
    }

    /** The manifest goes first, so that half a folder is never taken for a whole one. */
    private static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(ManifestFile.NAME));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // Another save swept it up.
            return;
        }
        Files.deleteIfExists(folder);
    }

    /** The file of memory, empty and locked. */
    FileDescriptor memory() {
        return memory;
    }

    /** Where a file of it is, until it is in place. */
    Path path(String name) {
        return folder.resolve(name);
    }

    /** Another file, empty; synced and closed with the folder. */
    FileDescriptor add(String name) {
        FileDescriptor file = create(folder.resolve(name));
        more.add(file);
        return file;
    }

    /** Writes another file and syncs it. */
    void write(String name, byte[] bytes) {
        try (FileDescriptor file = create(folder.resolve(name));
                Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(bytes.length, 8);
            content.copyFrom(MemorySegment.ofArray(bytes));
            for (long done = 0; done < bytes.length; ) {
                done += file.write(content.asSlice(done));
            }
            Durable.sync(file);
        }
    }

    /** Syncs the memory and the folder, and puts it in the target's place. */
    void putInPlace() throws IOException {
        Durable.sync(memory);
        more.forEach(Durable::sync);
        Durable.syncFolder(folder);
        boolean replaces = Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !isEmpty(target);
        if (replaces) {
            requireUnused(target);
            exchange();
        } else {
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        }
        inPlace = true;
        Durable.syncFolder(target.getParent());
        if (replaces) {
            delete(folder);
        }
    }

    private void exchange() {
        try {
            Durable.exchange(folder, target);
        } catch (LinuxException e) {
            if (e.errno() == Errno.EINVAL) {
                throw new SaveException(
                        "Cannot replace "
                                + target
                                + ": its file system cannot do so in one step. Give another name,"
                                + " or delete it first.",
                        e);
            }
            throw e;
        }
    }

    /** Deletes the folder, unless it is in the target's place. */
    @Override
    public void close() throws IOException {
        memory.close();
        more.forEach(FileDescriptor::close);
        if (!inPlace) {
            delete(folder);
        }
    }
}
