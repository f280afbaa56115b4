package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Copies of whole files: at once, sharing blocks until one of the two is written (a reflink), or
 * byte by byte.
 *
 * <p>Source: ioctl_ficlone(2). Threading: any thread; the source should not be written meanwhile.
 */
public final class FileCopy {
    private static final long FICLONE = 0x40049409L;
    private static final int BUFFER_BYTES = 1 << 20;

    private FileCopy() {}

    /**
     * Makes a file share all blocks of another.
     *
     * @param from open for reading
     * @param to empty, open for writing
     * @return empty where it is done, else why these two files cannot share blocks
     * @throws LinuxException where the host fails otherwise
     */
    public static Optional<String> reflink(FileDescriptor from, FileDescriptor to) {
        int result = to.ioctl(FICLONE, from.number());
        return switch (-result) {
            case 0 -> Optional.empty();
            case Errno.EXDEV -> Optional.of("the copy would be on another file system");
            case Errno.EOPNOTSUPP, Errno.ENOTTY, Errno.ENOSYS ->
                    Optional.of("its file system has no reflinks");
            case Errno.EINVAL -> Optional.of("it is of a kind that cannot share blocks");
            default -> throw new LinuxException("copy a file", "ioctl FICLONE", -result, "");
        };
    }

    /**
     * Copies all bytes; holes stay holes.
     *
     * @param from open for reading; a file or a block device
     * @param to empty, open for writing
     * @param sizeBytes how long it is
     * @param progress is told how many bytes are done, often; what it throws ends the copy
     * @throws LinuxException where the host fails
     */
    public static void copy(
            FileDescriptor from, FileDescriptor to, long sizeBytes, LongConsumer progress) {
        SparseFile.setSize(to, sizeBytes);
        DataRuns runs = new DataRuns(from, sizeBytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
            long at = runs.nextData(0, sizeBytes);
            while (at < sizeBytes) {
                progress.accept(at);
                long end = runs.nextHole(at, Math.min(sizeBytes, at + BUFFER_BYTES));
                copyRun(from, to, at, buffer.asSlice(0, end - at));
                at = runs.nextData(end, sizeBytes);
            }
        }
        progress.accept(sizeBytes);
    }

    private static void copyRun(
            FileDescriptor from, FileDescriptor to, long at, MemorySegment buffer) {
        long length = buffer.byteSize();
        for (long done = 0; done < length; ) {
            long n = from.readAt(buffer.asSlice(0, length - done), at + done);
            if (n == 0) {
                return; // shorter than it was: the rest stays zero
            }
            for (long written = 0; written < n; ) {
                written += to.writeAt(buffer.asSlice(written, n - written), at + done + written);
            }
            done += n;
        }
    }
}
