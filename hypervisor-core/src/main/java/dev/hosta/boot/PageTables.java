package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Four-level page tables that map the first 4 GiB one to one in 2 MiB pages, supervisor,
 * read-write-execute. 1 GiB pages would be fewer, but not every CPU that KVM offers has them.
 */
final class PageTables {
    private static final int PAGE_BYTES = 0x1000;
    private static final int DIRECTORIES = 4;
    private static final int ENTRIES = 512;
    private static final long PRESENT_WRITABLE = 0x3;
    private static final long LARGE = 0x80;
    private static final long ACCESSED_DIRTY = 0x60;

    private PageTables() {}

    /** Writes PML4, PDPT and page directories from {@link PhysicalLayout#PAGE_TABLES_GPA} on. */
    static void write(GuestMemory memory) {
        long pml4 = PhysicalLayout.PAGE_TABLES_GPA;
        long pdpt = pml4 + PAGE_BYTES;
        long directories = pdpt + PAGE_BYTES;
        ByteBuffer tables =
                ByteBuffer.allocate((2 + DIRECTORIES) * PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        tables.putLong(0, pdpt | PRESENT_WRITABLE);
        for (int i = 0; i < DIRECTORIES; i++) {
            long directory = directories + (long) i * PAGE_BYTES;
            tables.putLong(PAGE_BYTES + i * Long.BYTES, directory | PRESENT_WRITABLE);
        }
        long attributes = PRESENT_WRITABLE | LARGE | ACCESSED_DIRTY;
        for (int i = 0; i < DIRECTORIES * ENTRIES; i++) {
            tables.putLong(2 * PAGE_BYTES + i * Long.BYTES, (long) i << 21 | attributes);
        }
        memory.write(pml4, MemorySegment.ofBuffer(tables));
    }
}
