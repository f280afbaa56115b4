package dev.hosta.memory;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.Memfd;
import dev.hosta.linux.SparseFile;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * All RAM of a guest as it was at one instant: a base file that nobody writes, and over it the
 * pages that the guest had for itself by then.
 *
 * <p>Threading: any thread. It holds files of its own, so that the guest may go away first; but one
 * that was taken {@linkplain GuestRam#still still} reads those pages where the guest has them.
 */
public final class FrozenRam implements AutoCloseable {
    private static final int PAGE = 4096;

    private final FileDescriptor base;
    private final long sizeBytes;
    private final DirtySet own;
    private final MemorySegment live;
    private final Optional<FileDescriptor> layer;

    private FrozenRam(
            FileDescriptor base,
            long sizeBytes,
            DirtySet own,
            MemorySegment live,
            Optional<FileDescriptor> layer) {
        this.base = base;
        this.sizeBytes = sizeBytes;
        this.own = own;
        this.live = live;
        this.layer = layer;
    }

    /** A base, and pages that stay where they are. */
    static FrozenRam of(FileDescriptor base, long sizeBytes, DirtySet own, MemorySegment live) {
        return new FrozenRam(again(base), sizeBytes, own, live, Optional.empty());
    }

    /** A base, and pages that are copied to a file, for the guest will write them. */
    static FrozenRam copying(
            FileDescriptor base, long sizeBytes, DirtySet own, MemorySegment live) {
        FileDescriptor layer = Memfd.create("hosta-frozen-ram", sizeBytes, HugePages.NONE);
        try {
            own.forEachRun((at, length) -> writeFully(layer, at, live.asSlice(at, length)));
            return new FrozenRam(again(base), sizeBytes, own, live, Optional.of(layer));
        } catch (LinuxException e) {
            layer.close();
            throw e;
        }
    }

    /** The same file behind a descriptor of its own. */
    private static FileDescriptor again(FileDescriptor file) {
        return FileDescriptor.open("/proc/self/fd/" + file.number(), FileDescriptor.O_RDONLY);
    }

    /** Writes all of {@code from} at an offset. */
    public static void writeFully(FileDescriptor file, long offset, MemorySegment from) {
        for (long done = 0; done < from.byteSize(); ) {
            done += file.writeAt(from.asSlice(done), offset + done);
        }
    }

    /** Fills {@code to}; what lies past the file's end is zero. */
    public static void readFully(FileDescriptor file, long offset, MemorySegment to) {
        long done = 0;
        while (done < to.byteSize()) {
            long n = file.readAt(to.asSlice(done), offset + done);
            if (n == 0) {
                to.asSlice(done).fill((byte) 0);
                return;
            }
            done += n;
        }
    }

    /** Size of RAM in bytes. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** The file below, by offset in RAM; this object keeps owning it. */
    public FileDescriptor base() {
        return base;
    }

    /** The file below behind another descriptor, which is the caller's. */
    public FileDescriptor baseAgain() {
        return again(base);
    }

    /** The copied pages over the base, by offset in RAM; this object keeps owning the file. */
    public Optional<FileDescriptor> layer() {
        return layer;
    }

    /**
     * The first offset that may hold something else than zeros.
     *
     * @param from 0 up, whole pages
     * @return from {@code from} on; the size of RAM where there is nothing more
     */
    public long nextData(long from) {
        long inBase = SparseFile.nextData(base, from, sizeBytes);
        long inOwn = own.nextFrom(from);
        return Math.min(inBase & -PAGE, inOwn < 0 ? sizeBytes : inOwn);
    }

    /**
     * Reads a part.
     *
     * @param offset where in RAM; whole pages
     * @param to native memory, whole pages, filled to its end
     */
    public void read(long offset, MemorySegment to) {
        readFully(base, offset, to);
        long end = offset + to.byteSize();
        long at = own.nextFrom(offset);
        while (at >= 0 && at < end) {
            MemorySegment page = to.asSlice(at - offset, PAGE);
            if (layer.isPresent()) {
                readFully(layer.get(), at, page);
            } else {
                page.copyFrom(live.asSlice(at, PAGE));
            }
            at = own.nextFrom(at + PAGE);
        }
    }

    /** Lets go of the files. Idempotent. */
    @Override
    public void close() {
        base.close();
        layer.ifPresent(FileDescriptor::close);
    }
}
