package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

/**
 * The descriptor table that the guest finds at entry.
 *
 * <p>Selectors 0x10 and 0x18 are Linux's {@code __BOOT_CS} and {@code __BOOT_DS} (boot.rst, "64-bit
 * boot protocol"). The hidden parts are loaded with the registers; the table is there for a guest
 * that reloads a selector before it has a table of its own.
 */
final class Gdt {
    static final int CODE_32 = 0x08;
    static final int CODE_64 = 0x10;
    static final int DATA = 0x18;
    static final int TSS = 0x20;

    /** Last byte of the table, relative to its first. */
    static final int LIMIT = 0x2f;

    /** Last byte of a 32-bit TSS (PVH asks for it). */
    static final int TSS_LIMIT = 0x67;

    private Gdt() {}

    static void write(GuestMemory memory) {
        long gpa = PhysicalLayout.GDT_GPA;
        memory.storeU64(gpa, 0);
        memory.storeU64(gpa + CODE_32, 0x00cf_9b00_0000_ffffL);
        memory.storeU64(gpa + CODE_64, 0x00af_9b00_0000_ffffL);
        memory.storeU64(gpa + DATA, 0x00cf_9300_0000_ffffL);
        memory.storeU64(gpa + TSS, 0x0000_8b00_0000_0000L | TSS_LIMIT);
        memory.storeU64(gpa + TSS + 8, 0); // a TSS descriptor has two words in long mode
    }
}
