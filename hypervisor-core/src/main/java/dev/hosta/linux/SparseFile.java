package dev.hosta.linux;

/**
 * Where a file has data and where it has holes, which read as zeros.
 *
 * <p>A file system may call zeros data, never data a hole; one that has no holes calls all of a
 * file data.
 *
 * <p>Source: lseek(2), SEEK_DATA and SEEK_HOLE. Threading: moves the open file's position, which
 * nothing here reads from.
 */
public final class SparseFile {
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private SparseFile() {}

    /**
     * Makes a file this long; what is new of it is a hole.
     *
     * @throws LinuxException where the kernel refuses
     */
    public static void setSize(FileDescriptor file, long sizeBytes) {
        while (Native.LIBC.ftruncate(file.number(), sizeBytes) < 0) {
            if (Native.errno() != Errno.EINTR) {
                throw new LinuxException(
                        "give " + file + " a size", "ftruncate", Native.errno(), "");
            }
        }
    }

    /**
     * The first offset from {@code fromBytes} on that may hold data.
     *
     * @param fromBytes 0 up
     * @param endBytes what is answered where there is no more data below it
     * @throws LinuxException where the kernel refuses
     */
    public static long nextData(FileDescriptor file, long fromBytes, long endBytes) {
        return seek(file, fromBytes, endBytes, SEEK_DATA, fromBytes);
    }

    /**
     * The first offset from {@code fromBytes} on that is in a hole.
     *
     * @param fromBytes 0 up
     * @param endBytes what is answered where there is no hole below it
     * @throws LinuxException where the kernel refuses
     */
    public static long nextHole(FileDescriptor file, long fromBytes, long endBytes) {
        return seek(file, fromBytes, endBytes, SEEK_HOLE, endBytes);
    }

    private static long seek(
            FileDescriptor file, long from, long end, int whence, long withoutHoles) {
        if (from >= end) {
            return end;
        }
        long at = Native.LIBC.lseek(file.number(), from, whence);
        if (at >= 0) {
            return Math.min(at, end);
        }
        return switch (Native.errno()) {
            case Errno.ENXIO -> end;
            case Errno.EINVAL -> withoutHoles;
            default ->
                    throw new LinuxException(
                            "find the data of " + file, "lseek", Native.errno(), "");
        };
    }
}
