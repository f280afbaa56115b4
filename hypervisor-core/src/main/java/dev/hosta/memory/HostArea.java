package dev.hosta.memory;

import java.lang.foreign.MemorySegment;

/**
 * A stretch of host memory that leaves of stage two stand on: all of guest RAM, or one ROM image.
 *
 * <p>An offset into it is to this house what a host physical address is to the EPT: pages that are
 * neighbours by offset are neighbours in the file behind the mapping, which is what decides over
 * huge pages, and an offset stays the same when the guest moves to another process or host.
 *
 * <p>Each carries the pages that the VMM itself wrote ({@link WrittenPages}), for KVM's dirty log
 * does not see them.
 *
 * <p>Threading: immutable but for the written pages, which any thread may mark. Two are equal only
 * if they are the same object.
 */
public final class HostArea implements StageTwoTarget {
    private final String name;
    private final MemorySegment segment;
    private final WrittenPages written;

    /**
     * Describes a mapping; does not own it.
     *
     * @param name for messages: {@code "guest RAM"}
     * @param segment native memory, 4 KiB aligned, whole pages; mapped as long as a map uses it
     */
    public HostArea(String name, MemorySegment segment) {
        long mask = PageSize.SIZE_4K.offsetMask();
        if (!segment.isNative()
                || segment.byteSize() == 0
                || ((segment.address() | segment.byteSize()) & mask) != 0) {
            throw new IllegalArgumentException(
                    String.format(
                            "Host memory must be native whole pages: %s, hva=0x%x, sizeBytes=0x%x",
                            name, segment.address(), segment.byteSize()));
        }
        this.name = name;
        this.segment = segment;
        this.written = new WrittenPages(segment.byteSize());
    }

    /** What it is, for messages. */
    public String name() {
        return name;
    }

    /** Host virtual address of offset 0, 4 KiB aligned. */
    public long hva() {
        return segment.address();
    }

    /** Length in bytes, a multiple of 4 KiB. */
    public long sizeBytes() {
        return segment.byteSize();
    }

    /** All of it; bounds-checked by the JDK. */
    public MemorySegment segment() {
        return segment;
    }

    /** The pages that the VMM wrote, by offset. */
    public WrittenPages written() {
        return written;
    }

    /** Name and size. */
    @Override
    public String toString() {
        return String.format("%s (0x%x bytes)", name, sizeBytes());
    }
}
