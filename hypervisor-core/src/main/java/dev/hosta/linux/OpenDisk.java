package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Geometry;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file or block device, open and locked as a disk, with the sizes that requests to it must keep.
 *
 * @param path as it was given
 * @param fd owned
 * @param readOnly whether it was opened for reading only
 * @param cache how writes travel
 * @param geometry sizes
 * @param memoryAlignment what addresses and lengths in memory must be multiples of, in bytes; 1
 *     where any will do
 */
record OpenDisk(
        Path path,
        FileDescriptor fd,
        boolean readOnly,
        CacheMode cache,
        Geometry geometry,
        int memoryAlignment)
        implements AutoCloseable {
    private static final int SECTOR_BYTES = 512;
    private static final int PAGE_BYTES = 4096;

    private static final long BLKGETSIZE64 = 0x80081272L;
    private static final long BLKSSZGET = 0x1268;
    private static final long BLKPBSZGET = 0x127b;
    private static final long BLKIOOPT = 0x1279;

    /** Opens, checks and locks; see {@link RawDisk#open}. */
    static OpenDisk open(Path path, boolean readOnly, CacheMode cache, boolean surelyRaw) {
        return open(path, readOnly, cache, surelyRaw, true);
    }

    /** The sizes of a disk that another process may hold still. */
    static Geometry measure(Path path, boolean readOnly, CacheMode cache, boolean surelyRaw) {
        try (OpenDisk disk = open(path, readOnly, cache, surelyRaw, false)) {
            return disk.geometry();
        }
    }

    private static OpenDisk open(
            Path path, boolean readOnly, CacheMode cache, boolean surelyRaw, boolean locked) {
        FileStatus.Kind kind = kindOf(path);
        if (kind == FileStatus.Kind.FOLDER) {
            throw refused(path, "it is a directory. Give an image file or a block device");
        }
        if (kind == FileStatus.Kind.OTHER) {
            throw refused(path, "it is neither a file nor a block device");
        }
        FileDescriptor fd = openFile(path, readOnly, cache);
        try {
            if (locked) {
                lock(path, fd, readOnly);
            }
            if (locked && !readOnly && kind == FileStatus.Kind.BLOCK_DEVICE) {
                refuseUsedByHost(path);
            }
            if (!surelyRaw) {
                refuseOtherFormats(path);
            }
            return measured(path, fd, readOnly, cache);
        } catch (LinuxException | DiskException e) {
            fd.close();
            throw e;
        }
    }

    private static DiskException refused(Path path, String why) {
        return new DiskException("Cannot use " + path + " as a disk: " + why + ".");
    }

    private static FileStatus.Kind kindOf(Path path) {
        try {
            return FileStatus.of(path).kind();
        } catch (LinuxException e) {
            throw switch (e.errno()) {
                case Errno.ENOENT -> refused(path, "there is no such file");
                case Errno.EACCES -> refused(path, "permission denied");
                default -> refused(path, "errno=" + Errno.describe(e.errno()));
            };
        }
    }

    private static FileDescriptor openFile(Path path, boolean readOnly, CacheMode cache) {
        int access = readOnly ? FileDescriptor.O_RDONLY : FileDescriptor.O_RDWR;
        try {
            return FileDescriptor.open(path, access | cache.openFlags());
        } catch (LinuxException e) {
            throw refused(path, whyNotOpened(path, readOnly, cache, e.errno()));
        }
    }

    /**
     * A device that the host has mounted, or has made a part of something, is not written by a
     * guest beside it: open(2) with O_EXCL on a block device says so.
     */
    private static void refuseUsedByHost(Path path) {
        int exclusively = FileDescriptor.O_RDONLY | FileDescriptor.O_EXCL;
        try (FileDescriptor fd = FileDescriptor.open(path, exclusively)) {
            assert !fd.isClosed();
        } catch (LinuxException e) {
            if (e.errno() == Errno.EBUSY) {
                throw refused(
                        path,
                        "the host uses it: mounted, or a part of another device (see lsblk)."
                                + " Unmount it, or attach the disk with ',ro'");
            }
            throw e;
        }
    }

    private static String whyNotOpened(Path path, boolean readOnly, CacheMode cache, int errno) {
        boolean noRight = errno == Errno.EACCES || errno == Errno.EPERM || errno == Errno.EROFS;
        if (noRight && !readOnly && canRead(path)) {
            return "it may be read but not written. Add ',ro', or get the right to write it";
        }
        if (noRight) {
            return "permission denied";
        }
        if (errno == Errno.EINVAL && cache == CacheMode.NONE) {
            return "its file system cannot do O_DIRECT. Use cache=writeback";
        }
        if (errno == Errno.EBUSY) {
            return "it is in use by the host";
        }
        return "errno=" + Errno.describe(errno);
    }

    private static boolean canRead(Path path) {
        try (FileDescriptor fd = FileDescriptor.open(path, FileDescriptor.O_RDONLY)) {
            return !fd.isClosed();
        } catch (LinuxException e) {
            return false;
        }
    }

    private static void lock(Path path, FileDescriptor fd, boolean readOnly) {
        if (DiskLock.tryTake(fd, readOnly)) {
            return;
        }
        OptionalLong holder = DiskLock.holder(path, fd.number());
        throw refused(
                path,
                "it is in use by "
                        + (holder.isPresent() ? "process " + holder.getAsLong() : "another process")
                        + (readOnly
                                ? ", which may write it"
                                : ". Stop it, or attach the disk with ',ro' in both"));
    }

    /** Looks with a descriptor of its own, which takes any alignment. */
    private static void refuseOtherFormats(Path path) {
        byte[] head;
        try (FileDescriptor fd = FileDescriptor.open(path, FileDescriptor.O_RDONLY);
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(DiskFormat.HEAD_BYTES);
            long n = fd.readAt(bytes, 0);
            head = bytes.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        }
        Optional<DiskFormat> format = DiskFormat.of(head);
        if (format.isPresent()) {
            String conversion = String.format(Locale.ROOT, format.get().conversion(), path);
            throw refused(
                    path,
                    "it looks like "
                            + format.get().name()
                            + ", not like a raw image. Convert it ("
                            + conversion
                            + "), or add ',format=raw' if it is raw all the same");
        }
    }

    private static OpenDisk measured(
            Path path, FileDescriptor fd, boolean readOnly, CacheMode cache) {
        FileStatus status = FileStatus.of(fd);
        boolean device = status.kind() == FileStatus.Kind.BLOCK_DEVICE;
        long size = device ? ask(fd, BLKGETSIZE64, "BLKGETSIZE64") : status.sizeBytes();
        if (size == 0) {
            throw refused(path, "it is empty. Give it a size (truncate -s 10G " + path + ")");
        }
        if (size % SECTOR_BYTES != 0) {
            throw refused(path, "its size is not a multiple of 512: size=" + size + " bytes");
        }
        int logical = device ? (int) ask(fd, BLKSSZGET, "BLKSSZGET") : SECTOR_BYTES;
        int memoryAlignment = 1;
        if (cache == CacheMode.NONE) {
            logical = Math.max(logical, directUnit(path, fd, size));
            memoryAlignment = logical;
        }
        if (size % logical != 0) {
            throw refused(
                    path,
                    "O_DIRECT on its file system needs a multiple of "
                            + logical
                            + ": size="
                            + size
                            + " bytes. Use cache=writeback, or enlarge it");
        }
        int physical = device ? (int) ask(fd, BLKPBSZGET, "BLKPBSZGET") : PAGE_BYTES;
        int optimal = device ? (int) ask(fd, BLKIOOPT, "BLKIOOPT") : 0;
        Geometry geometry = new Geometry(size, logical, Math.max(logical, physical), optimal);
        return new OpenDisk(path, fd, readOnly, cache, geometry, memoryAlignment);
    }

    /** The smallest of 512 and 4096 at which this file takes a direct read. */
    private static int directUnit(Path path, FileDescriptor fd, long sizeBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(2L * PAGE_BYTES, PAGE_BYTES);
            long offset = sizeBytes > SECTOR_BYTES ? SECTOR_BYTES : 0;
            // At an address of 512 too: it is memory's alignment as well.
            MemorySegment sector = page.asSlice(SECTOR_BYTES, SECTOR_BYTES);
            if (reads(fd, sector, offset)) {
                return SECTOR_BYTES;
            }
            if (reads(fd, page.asSlice(0, PAGE_BYTES), 0)) {
                return PAGE_BYTES;
            }
        }
        throw refused(path, "O_DIRECT takes neither 512 nor 4096 bytes. Use cache=writeback");
    }

    private static boolean reads(FileDescriptor fd, MemorySegment to, long offset) {
        try {
            return fd.readAt(to, offset) > 0;
        } catch (LinuxException e) {
            if (e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }

    /** One number that a block device tells; 8 bytes are read, of which it writes what it has. */
    private static long ask(FileDescriptor fd, long request, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(8, 8);
            int result = fd.ioctl(request, answer.address());
            if (result < 0) {
                throw new LinuxException("measure a disk", "ioctl " + name, -result, "");
            }
            return answer.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Whether a request with these segments can go straight to the file. */
    boolean takes(List<MemorySegment> segments) {
        if (memoryAlignment > 1) {
            for (MemorySegment segment : segments) {
                if ((segment.address() | segment.byteSize()) % memoryAlignment != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Closes the file, which unlocks it. Idempotent. */
    @Override
    public void close() {
        fd.close();
    }
}
