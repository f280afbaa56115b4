package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Steps of a change to files that must outlast a crash of the host: contents are synced, then
 * names, then the folder that holds them.
 *
 * <p>Source: fsync(2), renameat2(2). Threading: any thread.
 */
public final class Durable {
    private static final int AT_FDCWD = -100;
    private static final int RENAME_EXCHANGE = 2;

    private Durable() {}

    /**
     * Returns once the file's contents and size are on the disk.
     *
     * @throws LinuxException where the kernel could not write them
     */
    public static void sync(FileDescriptor file) {
        while (Native.LIBC.fsync(file.number()) < 0) {
            if (Native.errno() != Errno.EINTR) {
                throw new LinuxException("sync " + file, "fsync", Native.errno(), "");
            }
        }
    }

    /**
     * Returns once the names in a folder are on the disk.
     *
     * @throws LinuxException where the kernel refuses
     */
    public static void syncFolder(Path folder) {
        try (FileDescriptor fd = FileDescriptor.open(folder, FileDescriptor.O_RDONLY)) {
            sync(fd);
        }
    }

    /**
     * Renames a file over another one, and returns once that is on the disk. It needs no descriptor
     * but the folder's, and no room on the disk.
     *
     * @param folder open, the one of both files
     * @throws LinuxException where the kernel refuses; the name may have changed already
     */
    public static void replace(FileDescriptor folder, Path from, Path to) {
        try (Arena arena = Arena.ofConfined()) {
            long source = arena.allocateFrom(from.toString()).address();
            long target = arena.allocateFrom(to.toString()).address();
            Native.checked(
                    Native.LIBC.renameat2(AT_FDCWD, source, AT_FDCWD, target, 0),
                    "rename " + from + " to " + to,
                    "renameat2");
        }
        sync(folder);
    }

    /**
     * Lets two existing files or folders change places in one step: whoever looks finds one or the
     * other under either name.
     *
     * @throws LinuxException where they are not on one file system, or it cannot do that (EINVAL)
     */
    public static void exchange(Path one, Path other) {
        try (Arena arena = Arena.ofConfined()) {
            long from = arena.allocateFrom(one.toString()).address();
            long to = arena.allocateFrom(other.toString()).address();
            Native.checked(
                    Native.LIBC.renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE),
                    "exchange " + one + " and " + other,
                    "renameat2");
        }
    }
}
