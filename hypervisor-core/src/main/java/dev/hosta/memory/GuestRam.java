package dev.hosta.memory;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HostInfo;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.MappedMemory;
import dev.hosta.linux.Memfd;

import java.util.List;
import java.util.OptionalLong;

/**
 * All RAM of one guest: one memfd, mapped shared as a whole. An offset into the file is an offset
 * into RAM, whatever the hole does to gpas.
 *
 * <p>Without preallocation the host gives a page when it is first touched, so a guest may be larger
 * than what is free; the file starts as zeros. Huge pages are always taken at creation, because a
 * page that the pool cannot give later would kill the guest in the middle of its work.
 *
 * <p>Threading: immutable. Close it once, after all that uses the memory has ended.
 */
public final class GuestRam implements AutoCloseable {
    private static final String NAME = "hosta-guest-ram";

    private final FileDescriptor memfd;
    private final MappedMemory mapping;
    private final HostArea area;
    private final HugePages pages;

    private GuestRam(FileDescriptor memfd, MappedMemory mapping, HugePages pages) {
        this.memfd = memfd;
        this.mapping = mapping;
        this.area = new HostArea("guest RAM", mapping.segment());
        this.pages = pages;
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
            return new GuestRam(memfd, MappedMemory.shared(memfd, 0, sizeBytes, true), pages);
        } catch (LinuxException e) {
            memfd.close();
            throw new MemoryException(action, e);
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

    /** The memfd, for whoever maps it again or hands it on; this object keeps owning it. */
    public FileDescriptor memfd() {
        return memfd;
    }

    /** Unmaps it and closes the file. Idempotent. */
    @Override
    public void close() {
        mapping.close();
        memfd.close();
    }
}
