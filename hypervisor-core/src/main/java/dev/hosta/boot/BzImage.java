package dev.hosta.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A Linux bzImage, entered by the 64-bit boot protocol.
 *
 * <pre>
 *  file offset  size  setup header field (boot.rst, "The Real-Mode Kernel Header")
 *        0x1f1     1  setup_sects        512-byte sectors of setup code, 0 means 4
 *        0x1f4     4  syssize            protected-mode code in 16-byte paragraphs
 *        0x1fe     2  boot_flag          0xaa55
 *        0x201     1  (jump)             the header ends at 0x202 plus this
 *        0x202     4  header             "HdrS"
 *        0x206     2  version            boot protocol, 0x020c or later
 *        0x211     1  loadflags          bit 0: loaded high, a bzImage
 *        0x22c     4  initrd_addr_max    last byte that the initrd may occupy
 *        0x230     4  kernel_alignment   of a relocatable kernel, a power of two
 *        0x234     1  relocatable_kernel
 *        0x236     2  xloadflags         bit 0: 64-bit entry; bit 1: initrd above 4 GiB
 *        0x238     4  cmdline_size       without the NUL
 *        0x258     8  pref_address       where the kernel wants to run
 *        0x260     4  init_size          contiguous memory it needs there
 * </pre>
 */
public final class BzImage extends KernelImage {
    private static final int SECTOR_BYTES = 512;
    private static final int HEADER_START = 0x1f1;
    private static final int BOOT_FLAG = 0x1fe;
    private static final int HEADER_LENGTH = 0x201;
    private static final int MAGIC = 0x202;
    private static final int HDRS = 0x5372_6448;
    private static final int LAST_FIELD_END = 0x264;
    private static final int MIN_VERSION = 0x20c;
    private static final int LOADED_HIGH = 1;
    private static final int XLF_KERNEL_64 = 1;
    private static final int XLF_CAN_BE_LOADED_ABOVE_4G = 2;
    private static final int ENTRY_64 = 0x200;
    private static final long MAX_ALIGNMENT = 1L << 30;

    private final ByteBuffer header;
    private final long payloadOffset;
    private final long payloadBytes;
    private final int version;
    private final long initrdPreferredEndGpa;
    private final long initrdEndGpa;
    private final int commandLineMaxBytes;
    private final long loadGpa;
    private final long runBytes;

    BzImage(ImageFile file, ByteBuffer head) {
        super(file);
        int headerEnd = MAGIC + 4 + 2;
        if (head.limit() >= headerEnd) {
            headerEnd = MAGIC + (head.get(HEADER_LENGTH) & 0xff);
        }
        version = head.limit() < MAGIC + 6 ? 0 : head.getShort(0x206) & 0xffff;
        if (version < MIN_VERSION) {
            throw file.invalid(
                    "its boot protocol "
                            + (version >> 8)
                            + '.'
                            + (version & 0xff)
                            + " is older than 2.12. Use Linux 3.8 or later");
        }
        if (headerEnd < LAST_FIELD_END || head.limit() < headerEnd) {
            throw file.invalid("its setup header is cut short. The file is truncated or damaged");
        }
        if ((head.getShort(BOOT_FLAG) & 0xffff) != 0xaa55 || (head.get(0x211) & LOADED_HIGH) == 0) {
            throw file.invalid("its setup header is not that of a bzImage. The file is damaged");
        }
        int flags = head.getShort(0x236);
        if ((flags & XLF_KERNEL_64) == 0) {
            throw file.invalid(
                    "it is a 32-bit x86 kernel without a 64-bit entry. Use an x86-64 kernel");
        }
        int sectors = head.get(HEADER_START) & 0xff;
        payloadOffset = (long) ((sectors == 0 ? 4 : sectors) + 1) * SECTOR_BYTES;
        payloadBytes = u32(head, 0x1f4) << 4;
        if (payloadBytes == 0) {
            throw file.invalid("its header says that it holds no code. The file is damaged");
        }
        if (payloadOffset + payloadBytes > file.sizeBytes()) {
            throw file.invalid(
                    "it is truncated: its header says "
                            + (payloadOffset + payloadBytes)
                            + " bytes, the file has "
                            + file.sizeBytes()
                            + ". Copy it again");
        }
        runBytes = Math.max(payloadBytes, u32(head, 0x260));
        loadGpa = loadGpa(file, head);
        initrdPreferredEndGpa = u32(head, 0x22c) + 1;
        boolean anywhere = (flags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0;
        initrdEndGpa = anywhere ? Long.MAX_VALUE : initrdPreferredEndGpa;
        commandLineMaxBytes =
                (int) Math.min(u32(head, 0x238), PhysicalLayout.COMMAND_LINE_MAX_BYTES);
        header = setupHeader(head, headerEnd);
    }

    /** Whether the file has the setup header's magic; ELF files are looked for before. */
    static boolean matches(ByteBuffer head) {
        return head.limit() >= MAGIC + 4 && head.getInt(MAGIC) == HDRS;
    }

    @Override
    public String description() {
        return "Linux bzImage, boot protocol " + (version >> 8) + '.' + (version & 0xff);
    }

    @Override
    public EntryMode entryMode() {
        return EntryMode.LONG_64;
    }

    @Override
    public int commandLineMaxBytes() {
        return commandLineMaxBytes;
    }

    @Override
    EntryState load(BootContext context) {
        Extent kernel = new Extent(loadGpa, loadGpa + runBytes);
        if (!context.e820().isRam(loadGpa, runBytes)) {
            throw BootLoader.outsideRam(file(), context.e820(), "run-time range", kernel);
        }
        // Above initrd_addr_max only if it must, and the kernel reads the ext_ramdisk fields.
        Placement initrd =
                context.placeInitrd(new Extent[] {kernel}, initrdPreferredEndGpa, initrdEndGpa);
        file().copyTo(context.memory(), loadGpa, payloadOffset, payloadBytes);
        context.copyInitrd(initrd);
        PageTables.write(context.memory());
        ZeroPage.write(context, header, initrd);
        return EntryState.long64(loadGpa + ENTRY_64, PhysicalLayout.ZERO_PAGE_GPA);
    }

    /**
     * The address to load at: where the kernel prefers to run. A relocatable kernel that is loaded
     * lower moves itself up to there, so lower is never better.
     */
    private static long loadGpa(ImageFile file, ByteBuffer head) {
        long gpa = head.getLong(0x258);
        if (head.get(0x234) != 0) {
            long alignment = u32(head, 0x230);
            if (Long.bitCount(alignment) != 1 || alignment > MAX_ALIGNMENT) {
                throw file.invalid(
                        "its kernel_alignment 0x"
                                + Long.toHexString(alignment)
                                + " is not a power of two up to 1 GiB. The file is damaged");
            }
            if (gpa >= 0 && gpa < PhysicalLayout.LOW_RAM_END_GPA) {
                gpa = gpa + alignment - 1 & -alignment;
            }
        }
        if (gpa < PhysicalLayout.HIGH_MEMORY_GPA || gpa >= PhysicalLayout.LOW_RAM_END_GPA) {
            throw file.invalid(
                    "it asks to be loaded at 0x"
                            + Long.toHexString(gpa)
                            + ", outside [0x100000, 0xc0000000). The file is damaged");
        }
        return gpa;
    }

    /** A zero page with the setup header copied and the loader's own fields set. */
    private ByteBuffer setupHeader(ByteBuffer head, int headerEnd) {
        ByteBuffer page = ByteBuffer.allocate(ZeroPage.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        int end = Math.min(headerEnd, ZeroPage.HEADER_END);
        page.put(HEADER_START, head, HEADER_START, end - HEADER_START);
        page.putInt(ZeroPage.CODE32_START, (int) loadGpa);
        return page;
    }

    private static long u32(ByteBuffer bytes, int offset) {
        return Integer.toUnsignedLong(bytes.getInt(offset));
    }
}
