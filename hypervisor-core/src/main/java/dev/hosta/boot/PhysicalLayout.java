package dev.hosta.boot;

/**
 * Every fixed guest physical address of the PC that Hosta builds, in one place.
 *
 * <pre>
 *          0 -       4ff  left alone: real-mode vectors and BIOS data
 *        500 -       52f  GDT: 8 code 32, 10 code 64, 18 data, 20 TSS
 *       6000 -      6fff  hvm_start_info, its memory map and module list (PVH)
 *       7000 -      7fff  zero page, struct boot_params (Linux)
 *       8000 -      8fff  stack at entry, growing down from 9000
 *       9000 -      efff  page tables: PML4, PDPT, four page directories
 *      20000 -     2ffff  command line, NUL-terminated
 *      9fc00 -     fffff  reserved in e820: EBDA and ROM area
 *      e0000 -     fefff    ACPI tables, the RSDP first
 *      ff000 -     fffff    generation id
 *     100000 -  bfffffff  RAM, up to 3 GiB; kernel, above it the initrd at the top
 *   c0000000 -  ffffffff  hole: MMIO, virtio-mmio from d0000000
 *   fec00000              I/O APIC
 *   fee00000              local APICs
 *   fffbc000 -  fffbffff  KVM's identity map page and TSS pages
 *  100000000 -            the rest of RAM
 * </pre>
 */
public final class PhysicalLayout {
    /** The least RAM a machine can have, in bytes: the ACPI tables stand below 1 MiB. */
    public static final long MIN_RAM_BYTES = 0x10_0000L;

    /** Global descriptor table at entry. */
    public static final long GDT_GPA = 0x500L;

    /** {@code struct hvm_start_info} of a PVH boot. */
    public static final long START_INFO_GPA = 0x6000L;

    /** {@code struct boot_params} of a Linux boot, 4 KiB. */
    public static final long ZERO_PAGE_GPA = 0x7000L;

    /** Stack pointer at entry; 4 KiB below it are free for the stack. */
    public static final long STACK_TOP_GPA = 0x9000L;

    /** Root of the page tables at a 64-bit entry; the rest of them follow. */
    public static final long PAGE_TABLES_GPA = 0x9000L;

    /** Kernel command line. */
    public static final long COMMAND_LINE_GPA = 0x2_0000L;

    /** Longest command line in bytes, without its NUL. */
    public static final int COMMAND_LINE_MAX_BYTES = 0xffff;

    /** Below this address the loader keeps its own structures; images may not be loaded there. */
    public static final long LOW_STRUCTURES_END_GPA = 0x3_0000L;

    /** Start of the range below 1 MiB that e820 reserves. */
    public static final long EBDA_GPA = 0x9_fc00L;

    /** The RSDP, where a BIOS would have it; the other ACPI tables follow. */
    public static final long RSDP_GPA = 0xe_0000L;

    /** End (exclusive) of the ACPI tables. */
    public static final long ACPI_END_GPA = 0xf_f000L;

    /** The generation id, at the start of a page of its own; see {@link GenerationId}. */
    public static final long GENERATION_ID_GPA = 0xf_f000L;

    /** First byte of RAM above the reserved range. */
    public static final long HIGH_MEMORY_GPA = 0x10_0000L;

    /** End (exclusive) of RAM below the MMIO hole, at most. */
    public static final long LOW_RAM_END_GPA = 0xc000_0000L;

    /** Where virtio-mmio windows start. */
    public static final long VIRTIO_MMIO_GPA = 0xd000_0000L;

    /** I/O APIC register window. */
    public static final long IO_APIC_GPA = 0xfec0_0000L;

    /** Local APIC register window. */
    public static final long LOCAL_APIC_GPA = 0xfee0_0000L;

    /** The page for {@code KVM_SET_IDENTITY_MAP_ADDR}; three TSS pages follow it. */
    public static final long KVM_IDENTITY_MAP_GPA = 0xfffb_c000L;

    /** The three pages for {@code KVM_SET_TSS_ADDR}. */
    public static final long KVM_TSS_GPA = 0xfffb_d000L;

    /** End (exclusive) of the pages that KVM itself uses. */
    public static final long KVM_PAGES_END_GPA = 0xfffc_0000L;

    /** Where RAM goes on above the hole: 4 GiB. */
    public static final long RAM_ABOVE_HOLE_GPA = 0x1_0000_0000L;

    private PhysicalLayout() {}
}
