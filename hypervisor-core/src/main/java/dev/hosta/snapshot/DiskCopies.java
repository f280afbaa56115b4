package dev.hosta.snapshot;

import dev.hosta.linux.FileCopy;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.machine.DiskSpec;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Copies of a machine's disks, made at the instant at which it is saved or forked.
 *
 * <p>Threading: the thread that saves, while the guest stands still.
 */
final class DiskCopies {
    private static final String PREFIX = "disk-";

    private DiskCopies() {}

    /** Name of a disk's copy in a saved form. */
    static String nameOf(DiskSpec disk) {
        return PREFIX + disk.id();
    }

    /** Whether a file of a saved form is such a copy. */
    static boolean isName(String name) {
        return name.startsWith(PREFIX);
    }

    /**
     * Makes an empty file a copy that shares the disk's blocks.
     *
     * @return empty where that is done, else why it cannot be
     */
    static Optional<String> reflink(DiskSpec disk, FileDescriptor to) {
        try (FileDescriptor from = FileDescriptor.open(disk.path(), FileDescriptor.O_RDONLY)) {
            return FileCopy.reflink(from, to);
        }
    }

    /**
     * Makes an empty file a copy, byte by byte.
     *
     * @throws CancellationException where {@code progress} ended it
     */
    static void copy(DiskSpec disk, FileDescriptor to, SaveProgress progress) throws IOException {
        long size;
        try (FileChannel channel = FileChannel.open(disk.path())) {
            size = channel.size(); // of a block device, too
        }
        try (FileDescriptor from = FileDescriptor.open(disk.path(), FileDescriptor.O_RDONLY)) {
            FileCopy.copy(
                    from,
                    to,
                    size,
                    done -> {
                        if (progress.isCancelled()) {
                            throw new CancellationException();
                        }
                        progress.report(SaveProgress.Stage.COPYING, done, size);
                    });
        }
    }
}
