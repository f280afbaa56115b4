package dev.hosta.boot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct hvm_start_info} version 1, which a PVH guest finds in {@code ebx}, with its module
 * list and memory map behind it: one page.
 *
 * <pre>
 *  offset size field
 *    0x00    4 magic          0x336ec578
 *    0x04    4 version        1
 *    0x08    4 flags          0
 *    0x0c    4 nr_modules     0 or 1
 *    0x10    8 modlist_paddr  of hvm_modlist_entry: paddr 8, size 8, cmdline_paddr 8, reserved 8
 *    0x18    8 cmdline_paddr
 *    0x20    8 rsdp_paddr
 *    0x28    8 memmap_paddr   of hvm_memmap_table_entry: addr 8, size 8, type 4, reserved 4
 *    0x30    4 memmap_entries
 *    0x34    4 reserved
 * </pre>
 *
 * Source: Xen's public headers, arch-x86/hvm/start_info.h.
 */
final class StartInfo {
    private static final int MAGIC = 0x336e_c578;
    private static final int VERSION = 1;
    private static final int MODULE_LIST = 0x40;
    private static final int MEMORY_MAP = 0x60;
    private static final int MAP_ENTRY_BYTES = 24;

    private StartInfo() {}

    /** Writes the structure to {@link PhysicalLayout#START_INFO_GPA}. */
    static void write(BootContext context, Placement initrd) {
        long gpa = PhysicalLayout.START_INFO_GPA;
        int count = context.e820().entries().size();
        ByteBuffer info =
                ByteBuffer.allocate(MEMORY_MAP + count * MAP_ENTRY_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        info.putInt(0x00, MAGIC);
        info.putInt(0x04, VERSION);
        if (context.hasInitrd()) {
            info.putInt(0x0c, 1);
            info.putLong(0x10, gpa + MODULE_LIST);
            info.putLong(MODULE_LIST, initrd.gpa());
            info.putLong(MODULE_LIST + 8, initrd.sizeBytes());
        }
        info.putLong(0x18, PhysicalLayout.COMMAND_LINE_GPA);
        info.putLong(0x20, context.rsdpGpa());
        info.putLong(0x28, gpa + MEMORY_MAP);
        info.putInt(0x30, count);
        for (int i = 0; i < count; i++) {
            E820.Entry entry = context.e820().entries().get(i);
            int offset = MEMORY_MAP + i * MAP_ENTRY_BYTES;
            info.putLong(offset, entry.gpa());
            info.putLong(offset + 8, entry.sizeBytes());
            info.putInt(offset + 16, entry.type());
        }
        context.memory().write(gpa, MemorySegment.ofBuffer(info));
    }
}
