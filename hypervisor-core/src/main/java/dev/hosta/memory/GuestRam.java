package dev.hosta.memory;

import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HostInfo;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.MappedMemory;
import dev.hosta.linux.Memfd;
import dev.hosta.linux.PageMap;
import dev.hosta.linux.SparseFile;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * All RAM of one guest: one file, mapped as a whole. An offset into the file is an offset into RAM,
 * whatever the hole does to gpas.
 *
 * <p>The file is a memfd that is mapped shared, until {@link #freeze} makes it a base that nobody
 * writes and maps it privately in its own place; RAM that {@link #over} makes begins like that,
 * over the memory of a saved form.
 *
 * <p>Without preallocation the host gives a page when it is first touched, so a guest may be larger
 * than what is free; the file starts as zeros. Huge pages are always taken at creation, because a
 * page that the pool cannot give later would kill the guest in the middle of its work.
 *
 * <p>Threading: the mapping's address never changes, and any thread may use it; {@link #freeze},
 * {@link #still} and {@link #prefault} by the control thread. Close it once, after all that uses
 * the memory has ended.
 */
public final class GuestRam implements AutoCloseable {
    private static final String NAME = "hosta-guest-ram";
    private static final DirtySet NO_PAGES = new DirtySet(new long[0]);
    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_COLLAPSE = 25;

    private final FileDescriptor base;
    private final MappedMemory mapping;
    private final HostArea area;
    private final HugePages pages;

    /** What was mapped in the guest's place before, until there is time to unmap it. */
    private final List<MappedMemory> former = new ArrayList<>();

    /** Whether what the guest writes goes beside the base instead of into it. */
    private volatile boolean overBase;

    /** Up to where RAM was folded. */
    private long foldedBytes;

    /** Whether someone else may read the base, so that it must stay as it is for ever. */
    private volatile boolean baseLent;

    private GuestRam(
            FileDescriptor base, MappedMemory mapping, HugePages pages, boolean overForeignBase) {
        this.base = base;
        this.mapping = mapping;
        this.area = new HostArea("guest RAM", mapping.segment());
        this.pages = pages;
        this.overBase = overForeignBase;
        this.baseLent = overForeignBase;
    }

    /**
     * Makes the RAM of a guest.
     *
     * @param sizeBytes 4 KiB and up; a multiple of the page size
     * @param pages the host pages behind it
     * @param preallocate whether to take all pages now; implied by huge pages
     * @throws MemoryException if the size is no multiple, the huge pages are not there, or the host
     *     refuses; nothing is left behind
     */
    public static GuestRam create(long sizeBytes, HugePages pages, boolean preallocate) {
        String action = "Cannot create guest RAM of " + text(sizeBytes);
        if (sizeBytes <= 0 || sizeBytes % pageBytes(pages) != 0) {
            throw new MemoryException(
                    String.format(
                            "%s: the size must be a multiple of the page size, %s; sizeBytes=%d",
                            action, text(pageBytes(pages)), sizeBytes));
        }
        boolean huge = pages != HugePages.NONE;
        if (huge || preallocate) {
            requireFree(action, sizeBytes, pages);
        }
        FileDescriptor memfd;
        try {
            memfd = Memfd.create(NAME, sizeBytes, pages);
        } catch (LinuxException e) {
            throw new MemoryException(action, e);
        }
        try {
            if (huge || preallocate) {
                Memfd.preallocate(memfd, sizeBytes);
            }
            // Pages of the pool are aligned as they come, and older kernels do not move them.
            MappedMemory mapping =
                    huge
                            ? MappedMemory.shared(memfd, 0, sizeBytes, true)
                            : MappedMemory.sharedAligned(
                                    memfd, sizeBytes, HugePageGathering.RANGE_BYTES);
            return new GuestRam(memfd, mapping, pages, false);
        } catch (LinuxException e) {
            memfd.close();
            throw new MemoryException(action, e);
        }
    }

    /**
     * RAM that begins as a file's content, loaded page by page as it is touched; the file is never
     * written.
     *
     * @param base holds RAM by offset; not written by anyone from now on, for that would show in
     *     the guest. Owned from now on, also where this fails
     * @param sizeBytes the file's size: 4 KiB and up, whole pages
     * @throws MemoryException if the host refuses
     */
    public static GuestRam over(FileDescriptor base, long sizeBytes) {
        try {
            MappedMemory mapping = MappedMemory.privately(base, 0, sizeBytes);
            return new GuestRam(base, mapping, HugePages.NONE, true);
        } catch (LinuxException e) {
            base.close();
            throw new MemoryException("Cannot map saved guest RAM of " + text(sizeBytes), e);
        }
    }

    /**
     * RAM of huge pages that begins as a file's content, all of it copied now.
     *
     * @param from holds RAM by offset. Owned from now on, also where this fails
     * @throws MemoryException as {@link #create}
     */
    public static GuestRam loaded(FileDescriptor from, long sizeBytes, HugePages pages) {
        try (from) {
            GuestRam ram = create(sizeBytes, pages, true);
            try {
                ram.layOver(from);
                return ram;
            } catch (LinuxException e) {
                ram.close();
                throw new MemoryException("Cannot load guest RAM of " + text(sizeBytes), e);
            }
        }
    }

    /**
     * Takes over pages that stand in a second file instead of the base, before the guest runs.
     *
     * @param layer holds pages by their offset in RAM, and holes where the base counts
     */
    public void layOver(FileDescriptor layer) {
        long end = sizeBytes();
        long at = SparseFile.nextData(layer, 0, end);
        while (at < end) {
            long hole = SparseFile.nextHole(layer, at, end);
            FrozenRam.readFully(layer, at, area.segment().asSlice(at, hole - at));
            at = SparseFile.nextData(layer, hole, end);
        }
    }

    private static void requireFree(String action, long sizeBytes, HugePages pages) {
        long needed = sizeBytes / pageBytes(pages);
        OptionalLong free = HostInfo.freePages(pages);
        String size = text(pageBytes(pages));
        if (free.isEmpty()) {
            throw new MemoryException(
                    action + ": this host's kernel has no huge pages of " + size + ".");
        }
        if (free.getAsLong() >= needed) {
            return;
        }
        String hint =
                pages == HugePages.NONE
                        ? "Leave out preallocation, or ask for less."
                        : String.format(
                                "Reserve them: echo %d >"
                                        + " /sys/kernel/mm/hugepages/hugepages-%dkB/nr_hugepages",
                                needed, pageBytes(pages) >> 10);
        throw new MemoryException(
                String.format(
                        "%s: too few free pages of %s, free=%d, needed=%d. %s",
                        action, size, free.getAsLong(), needed, hint));
    }

    private static long pageBytes(HugePages pages) {
        return Math.max(PageSize.SIZE_4K.bytes(), pages.sizeBytes());
    }

    private static String text(long bytes) {
        for (String unit : List.of("", "K", "M")) {
            if (bytes % 1024 != 0 || bytes == 0) {
                return bytes + unit;
            }
            bytes /= 1024;
        }
        return bytes + "G";
    }

    /** Maps it as RAM into {@code map}, in the layout of a PC. */
    public void mapInto(StageTwoMap map) {
        for (PcRamLayout.Part part : parts()) {
            map.mapRam(part.range(), new HostBacking(area, part.offset()));
        }
    }

    /** Where the guest sees it, by gpa. */
    public List<PcRamLayout.Part> parts() {
        return PcRamLayout.of(sizeBytes());
    }

    /** Size in bytes. */
    public long sizeBytes() {
        return area.sizeBytes();
    }

    /** The host pages behind it. */
    public HugePages pages() {
        return pages;
    }

    /** The mapping, for leaves and for whoever reads RAM by offset. */
    public HostArea area() {
        return area;
    }

    /**
     * Keeps RAM as it is at this instant, for whoever reads it while the guest runs on. The guest's
     * vCPUs and devices must stand still during the call.
     *
     * <p>The first time this maps the memfd privately in its own place, which takes no longer for
     * more RAM. Later the pages that the guest wrote meanwhile are copied: back into the memfd
     * where nobody else reads that, else into a file of their own. {@link #fold} before it leaves
     * few of them. {@link #dropFormer} belongs after it.
     *
     * @throws MemoryException where RAM is of huge pages, of which the host would need as many
     *     again, or the host has no memory for the copy; RAM is as it was then
     */
    public FrozenRam freeze() {
        if (pages != HugePages.NONE) {
            throw new MemoryException(
                    "Cannot freeze guest RAM of huge pages: the guest would need as many again"
                            + " while it runs on. Suspend it instead.");
        }
        try {
            dropFormer();
            DirtySet own = overBase ? ownPages(0, sizeBytes()) : NO_PAGES;
            if (overBase && baseLent) {
                return FrozenRam.copying(base, sizeBytes(), own, area.segment());
            }
            copyToBase(own);
            mapping.replacePrivately(base, 0, sizeBytes()).ifPresent(former::add);
            overBase = true;
            foldedBytes = 0;
            return FrozenRam.of(base, sizeBytes(), NO_PAGES, area.segment());
        } catch (LinuxException e) {
            throw new MemoryException("Cannot freeze guest RAM of " + text(sizeBytes()), e);
        }
    }

    /**
     * Lets go of what a freeze or a fold has put aside: when the guest runs again, as it takes
     * time.
     */
    public void dropFormer() {
        former.forEach(MappedMemory::close);
        former.clear();
    }

    /**
     * All of RAM in portions for {@link #fold}, each soon done.
     *
     * @return none where folding is of no use, or would change what somebody else reads
     */
    public List<RamPortion> foldable() {
        return overBase && !baseLent
                ? RamPortion.of(sizeBytes(), ownPages(0, sizeBytes()))
                : List.of();
    }

    /**
     * Puts the pages of a portion that the guest wrote since it was frozen back into the memfd, and
     * maps that shared as in the beginning. Once this was done to all portions, in their order, the
     * next freeze finds nothing to copy. The guest's vCPUs and devices must stand still during the
     * call, and no {@link FrozenRam} of this be open.
     *
     * @param portion of {@link #foldable}
     * @throws MemoryException where the host has no memory for it; RAM is as it was then
     */
    public void fold(RamPortion portion) {
        try {
            copyToBase(ownPages(portion.offset(), portion.lengthBytes()));
            mapping.replaceShared(base, portion.offset(), portion.lengthBytes())
                    .ifPresent(former::add);
        } catch (LinuxException e) {
            throw new MemoryException("Cannot fold guest RAM of " + text(sizeBytes()), e);
        }
        foldedBytes = portion.offset() == foldedBytes ? portion.endOffset() : 0;
        overBase = foldedBytes < sizeBytes();
    }

    private void copyToBase(DirtySet own) {
        own.forEachRun(
                (at, length) -> FrozenRam.writeFully(base, at, area.segment().asSlice(at, length)));
    }

    /**
     * RAM as it is, for whoever reads it while vCPUs and devices stand still: nothing is frozen,
     * and nothing copied.
     */
    public FrozenRam still() {
        DirtySet own = overBase ? ownPages(0, sizeBytes()) : NO_PAGES;
        return FrozenRam.of(base, sizeBytes(), own, area.segment());
    }

    /** From now on the base is never written again, for another process may map it. */
    public void lendBase() {
        baseLent = true;
    }

    /** The pages in a part that are this mapping's alone, by offset in RAM. */
    private DirtySet ownPages(long offset, long lengthBytes) {
        long[] words = new long[DirtySet.wordCount(sizeBytes())];
        PageMap.markPrivate(area.hva(), offset, lengthBytes, words);
        return new DirtySet(words);
    }

    /**
     * Takes pages into host memory before the guest touches them.
     *
     * @throws MemoryException where the host lacks the memory, or the file cannot be read
     */
    public void prefault() {
        int result = mapping.advise(MADV_POPULATE_READ, 0, sizeBytes());
        if (result < 0) {
            throw new MemoryException(
                    "Cannot load guest RAM of "
                            + text(sizeBytes())
                            + ": errno="
                            + Errno.describe(-result)
                            + ".");
        }
    }

    /** The first offset from {@code offset} on that was ever touched, else the size. Any thread. */
    long nextTouched(long offset) {
        return SparseFile.nextData(base, offset, sizeBytes());
    }

    /** Whether what the guest writes goes beside the base. Any thread. */
    boolean isOverBase() {
        return overBase;
    }

    /**
     * Asks for one transparent huge page behind a range. Any thread.
     *
     * @param offset in RAM, a multiple of 2 MiB, as the length
     * @return whether it is there
     */
    boolean gather(long offset, long lengthBytes) {
        return mapping.advise(MADV_COLLAPSE, offset, lengthBytes) == 0;
    }

    /** Unmaps it and closes the file. Idempotent. */
    @Override
    public void close() {
        dropFormer();
        mapping.close();
        base.close();
    }
}
