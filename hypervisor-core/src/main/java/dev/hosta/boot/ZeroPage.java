package dev.hosta.boot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct boot_params}, the page that a Linux kernel finds in {@code rsi}: 4096 bytes.
 *
 * <pre>
 *  offset size field
 *   0x070    8 acpi_rsdp_addr
 *   0x0c0    4 ext_ramdisk_image  bits 63:32
 *   0x0c4    4 ext_ramdisk_size
 *   0x0c8    4 ext_cmd_line_ptr
 *   0x1e8    1 e820_entries
 *   0x1f1      setup_header, to 0x290 at most
 *   0x210    1   type_of_loader   0xff: not assigned
 *   0x211    1   loadflags
 *   0x214    4   code32_start
 *   0x218    4   ramdisk_image
 *   0x21c    4   ramdisk_size
 *   0x228    4   cmd_line_ptr
 *   0x2d0      e820_table         20 bytes each: gpa 8, size 8, type 4
 * </pre>
 *
 * Source: asm/bootparam.h, Documentation/arch/x86/zero-page.rst.
 */
final class ZeroPage {
    static final int SIZE = 4096;
    static final int HEADER_END = 0x290;
    static final int CODE32_START = 0x214;

    private static final int ACPI_RSDP_ADDR = 0x70;
    private static final int EXT_RAMDISK_IMAGE = 0xc0;
    private static final int EXT_RAMDISK_SIZE = 0xc4;
    private static final int E820_ENTRIES = 0x1e8;
    private static final int BOOT_FLAG = 0x1fe;
    private static final int MAGIC = 0x202;
    private static final int VERSION = 0x206;
    private static final int TYPE_OF_LOADER = 0x210;
    private static final int LOADFLAGS = 0x211;
    private static final int RAMDISK_IMAGE = 0x218;
    private static final int RAMDISK_SIZE = 0x21c;
    private static final int CMD_LINE_PTR = 0x228;
    private static final int KERNEL_ALIGNMENT = 0x230;
    private static final int CMDLINE_SIZE = 0x238;
    private static final int E820_TABLE = 0x2d0;
    private static final int E820_ENTRY_BYTES = 20;

    private static final int HDRS = 0x5372_6448;
    private static final int PROTOCOL_2_15 = 0x20f;
    private static final int LOADED_HIGH = 1;
    private static final int LINUX_COMMAND_LINE = 2047;
    private static final int TWO_MIB = 0x20_0000;

    private ZeroPage() {}

    /** A page with the setup header of a kernel that carries none: an ELF image, a flat binary. */
    static ByteBuffer blank() {
        ByteBuffer page = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        page.putShort(BOOT_FLAG, (short) 0xaa55);
        page.putInt(MAGIC, HDRS);
        page.putShort(VERSION, (short) PROTOCOL_2_15);
        page.put(LOADFLAGS, (byte) LOADED_HIGH);
        page.putInt(KERNEL_ALIGNMENT, TWO_MIB);
        page.putInt(CMDLINE_SIZE, LINUX_COMMAND_LINE);
        return page;
    }

    /**
     * Completes the page and writes it to {@link PhysicalLayout#ZERO_PAGE_GPA}.
     *
     * @param context memory, map and tables
     * @param page a page with its setup header; changed by this call
     * @param initrd where the initrd is
     */
    static void write(BootContext context, ByteBuffer page, Placement initrd) {
        page.putLong(ACPI_RSDP_ADDR, context.rsdpGpa());
        page.put(TYPE_OF_LOADER, (byte) 0xff);
        page.putInt(RAMDISK_IMAGE, (int) initrd.gpa());
        page.putInt(EXT_RAMDISK_IMAGE, (int) (initrd.gpa() >>> 32));
        page.putInt(RAMDISK_SIZE, (int) initrd.sizeBytes());
        page.putInt(EXT_RAMDISK_SIZE, (int) (initrd.sizeBytes() >>> 32));
        page.putInt(CMD_LINE_PTR, (int) PhysicalLayout.COMMAND_LINE_GPA);
        int count = context.e820().entries().size();
        page.put(E820_ENTRIES, (byte) count);
        for (int i = 0; i < count; i++) {
            E820.Entry entry = context.e820().entries().get(i);
            int offset = E820_TABLE + i * E820_ENTRY_BYTES;
            page.putLong(offset, entry.gpa());
            page.putLong(offset + 8, entry.sizeBytes());
            page.putInt(offset + 16, entry.type());
        }
        context.memory().write(PhysicalLayout.ZERO_PAGE_GPA, MemorySegment.ofBuffer(page));
    }
}
