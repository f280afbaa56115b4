package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One mapping of the VMM's address space, unmapped by its owner.
 *
 * <p>{@link #segment} is bounds-checked and lives exactly as long as the mapping: an access after
 * {@link #close} throws {@link IllegalStateException} instead of ending the process.
 *
 * <p>Threading: any thread; a close waits for accesses in flight.
 */
public final class MappedMemory implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 0x01;
    private static final long PAGE_BYTES = 4096;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final long MAP_FAILED = -1;
    private static final int MREMAP_MAYMOVE_FIXED = 1 | 2;
    private static final int MREMAP_DONTUNMAP = 4;
    private static final int MREMAP_AWAY = 1 | MREMAP_DONTUNMAP;
    private static final int MADV_HUGEPAGE = 14;

    private final Arena lifetime = Arena.ofShared();
    private final long hva;
    private final MemorySegment segment;

    @SuppressWarnings("restricted")
    private MappedMemory(long hva, long sizeBytes, boolean writable) {
        this.hva = hva;
        MemorySegment whole =
                MemorySegment.ofAddress(hva)
                        .reinterpret(sizeBytes, lifetime, s -> unmap(hva, sizeBytes));
        this.segment = writable ? whole : whole.asReadOnly();
    }

    /**
     * Maps part of a file, shared: writes reach the file and everyone who maps it.
     *
     * @param fd file, memfd or device; may be closed afterwards
     * @param offsetBytes where in the file, a multiple of its page size
     * @param sizeBytes 1 or more; huge-page files want a multiple of theirs
     * @param writable whether it can be written, by us and by the guest
     * @throws LinuxException where the kernel refuses
     */
    public static MappedMemory shared(
            FileDescriptor fd, long offsetBytes, long sizeBytes, boolean writable) {
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        int flags = MAP_SHARED | MAP_NORESERVE;
        return new MappedMemory(
                map(sizeBytes, protection, flags, fd.number(), offsetBytes), sizeBytes, writable);
    }

    /**
     * Maps all of a file, shared and writable, at an address that is a multiple of {@code
     * alignment}, as huge pages need it.
     *
     * @param sizeBytes 1 or more
     * @param alignment a power of two
     * @throws LinuxException where the kernel refuses
     */
    public static MappedMemory sharedAligned(FileDescriptor fd, long sizeBytes, long alignment) {
        int anywhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        long room = map(sizeBytes + alignment, 0, anywhere, -1, 0);
        long at = (room + alignment - 1) & -alignment;
        try {
            int protection = PROT_READ | PROT_WRITE;
            long made = map(sizeBytes, protection, MAP_SHARED | MAP_NORESERVE, fd.number(), 0);
            moveOrUnmap(made, sizeBytes, at);
        } catch (LinuxException e) {
            unmap(room, sizeBytes + alignment);
            throw e;
        }
        if (at > room) {
            unmap(room, at - room);
        }
        unmap(at + pages(sizeBytes), room + alignment - at);
        return new MappedMemory(at, sizeBytes, true);
    }

    private static long pages(long sizeBytes) {
        return (sizeBytes + PAGE_BYTES - 1) & -PAGE_BYTES;
    }

    /**
     * Maps zeroed private memory.
     *
     * @param sizeBytes 1 or more
     * @throws LinuxException where the kernel refuses
     */
    public static MappedMemory anonymous(long sizeBytes) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        return new MappedMemory(
                map(sizeBytes, PROT_READ | PROT_WRITE, flags, -1, 0), sizeBytes, true);
    }

    /**
     * Maps part of a file, privately: what is written stays in this mapping, what is not comes from
     * the file.
     *
     * @param fd file or memfd that is not written meanwhile; may be closed afterwards, and open for
     *     reading only
     * @param offsetBytes where in the file, a multiple of its page size
     * @param sizeBytes 1 or more
     * @throws LinuxException where the kernel refuses
     */
    public static MappedMemory privately(FileDescriptor fd, long offsetBytes, long sizeBytes) {
        int flags = MAP_PRIVATE | MAP_NORESERVE;
        return new MappedMemory(
                map(sizeBytes, PROT_READ | PROT_WRITE, flags, fd.number(), offsetBytes),
                sizeBytes,
                true);
    }

    /**
     * Puts a private mapping of a file in the place of a part of this one, at the same addresses.
     * Nobody may touch the part meanwhile; afterwards it is the new mapping's, or as it was where
     * this fails.
     *
     * <p>What stood there is not dropped but moved away, page tables and all. That takes a fraction
     * of a millisecond, while dropping takes 60 ns a page; so the caller chooses when to pay that.
     * Where several replacements stand there, they are dropped.
     *
     * @param fd file or memfd of ordinary pages, as for {@link #privately}
     * @param offsetBytes the part's start, here and in the file; a multiple of the page size
     * @param lengthBytes the part's length, whole pages inside this mapping
     * @return what stood there, to be closed; empty where it was dropped
     * @throws LinuxException where the kernel refuses
     */
    public Optional<MappedMemory> replacePrivately(
            FileDescriptor fd, long offsetBytes, long lengthBytes) {
        return replace(fd, offsetBytes, lengthBytes, MAP_PRIVATE);
    }

    /** As {@link #replacePrivately}, by a shared mapping. */
    public Optional<MappedMemory> replaceShared(
            FileDescriptor fd, long offsetBytes, long lengthBytes) {
        return replace(fd, offsetBytes, lengthBytes, MAP_SHARED);
    }

    private Optional<MappedMemory> replace(FileDescriptor fd, long offset, long length, int kind) {
        long at = segment.asSlice(offset, length).address();
        int protection = PROT_READ | PROT_WRITE;
        // Mapped elsewhere first and then moved: what fails half way must not leave a gap here.
        long made = map(length, protection, kind | MAP_NORESERVE, fd.number(), offset);
        Optional<MappedMemory> former = Optional.empty();
        try {
            former = moveAway(at, length);
            move(made, length, MREMAP_MAYMOVE_FIXED, at);
            return former;
        } catch (LinuxException e) {
            unmap(made, length);
            former.ifPresent(
                    kept -> {
                        move(kept.hva, length, MREMAP_MAYMOVE_FIXED | MREMAP_DONTUNMAP, at);
                        kept.close();
                    });
            throw e;
        }
    }

    private static void moveOrUnmap(long made, long sizeBytes, long to) {
        try {
            move(made, sizeBytes, MREMAP_MAYMOVE_FIXED, to);
        } catch (LinuxException e) {
            unmap(made, sizeBytes);
            throw e;
        }
    }

    /** Leaves an empty mapping behind. */
    private static Optional<MappedMemory> moveAway(long at, long lengthBytes) {
        try {
            long to = move(at, lengthBytes, MREMAP_AWAY, 0);
            return Optional.of(new MappedMemory(to, lengthBytes, true));
        } catch (LinuxException e) {
            if (e.errno() == Errno.EFAULT) {
                // Several mappings are not moved in one step.
                return Optional.empty();
            }
            throw e;
        }
    }

    private static long move(long from, long lengthBytes, int flags, long to) {
        long at = Native.LIBC.mremap(from, lengthBytes, lengthBytes, flags, to);
        if (at == MAP_FAILED) {
            int errno = Native.errno();
            throw new LinuxException("move " + lengthBytes + " bytes", "mremap", errno, "");
        }
        return at;
    }

    private static long map(long sizeBytes, int protection, int flags, int fd, long offsetBytes) {
        long at = Native.LIBC.mmap(null, sizeBytes, protection, flags, fd, offsetBytes);
        // A segment at the address of a failed mapping would end the process later.
        if (at == MAP_FAILED) {
            int errno = Native.errno();
            String action = "map " + sizeBytes + " bytes at offset 0x";
            throw new LinuxException(
                    action + Long.toHexString(offsetBytes), "mmap", errno, hint(errno));
        }
        return at;
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.ENOMEM ->
                    "The host has no memory or no huge pages of this size left"
                            + " (see HugePages_Free in /proc/meminfo).";
            case Errno.EINVAL -> "Size and offset must be multiples of the page size in use.";
            default -> "";
        };
    }

    private static void unmap(long hva, long sizeBytes) {
        Native.checked(Native.LIBC.munmap(hva, sizeBytes), "unmap memory", "munmap");
    }

    /** Host virtual address of the first byte. */
    public long hva() {
        return hva;
    }

    /** Length in bytes. */
    public long sizeBytes() {
        return segment.byteSize();
    }

    /** The bytes; read-only where the mapping is. */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * Asks for transparent huge pages behind this mapping.
     *
     * @return whether the host's kernel has them
     */
    public boolean adviseHugePages() {
        return advise(MADV_HUGEPAGE, 0, sizeBytes()) == 0;
    }

    /**
     * {@code madvise(2)} on a part.
     *
     * @param advice {@code MADV_*} number
     * @param offsetBytes first byte, page aligned
     * @param lengthBytes length
     * @return 0, or {@code -errno}
     */
    public int advise(int advice, long offsetBytes, long lengthBytes) {
        MemorySegment part = segment.asSlice(offsetBytes, lengthBytes);
        int result = Native.LIBC.madvise(part.address(), lengthBytes, advice);
        return result >= 0 ? 0 : -Native.errno();
    }

    /** Unmaps. Idempotent. */
    @Override
    public void close() {
        if (lifetime.scope().isAlive()) {
            lifetime.close();
        }
    }
}
