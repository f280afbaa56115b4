package dev.hosta.boot;

/**
 * A file without headers, copied to an address and entered at its first byte.
 *
 * <p>In real mode the guest starts as a boot sector does: {@code cs:ip} at the address ({@code cs}
 * 0 below 64 KiB), the other segments 0, {@code sp} 0x7c00, and nothing else in memory. In 32-bit
 * and 64-bit mode it is entered as a PVH guest or a Linux kernel would be, {@code ebx} with the
 * {@code hvm_start_info} or {@code rsi} with the zero page.
 */
public final class FlatBinary extends KernelImage {
    private static final int REAL_MODE_OFFSETS = 0x1_0000;
    private static final int PARAGRAPH_MASK = 0xf;

    private final long gpa;
    private final EntryMode mode;

    FlatBinary(ImageFile file, long gpa, EntryMode mode) {
        super(file);
        if (gpa < 0 || file.sizeBytes() > PhysicalLayout.LOW_RAM_END_GPA) {
            throw file.invalid(
                    "its "
                            + file.sizeBytes()
                            + " bytes do not fit below 3 GiB at address 0x"
                            + Long.toHexString(gpa));
        }
        if (mode == EntryMode.REAL_16) {
            if (gpa >= PhysicalLayout.HIGH_MEMORY_GPA) {
                throw file.invalid(
                        "real mode does not reach address 0x"
                                + Long.toHexString(gpa)
                                + ". Load it below 0x9fc00");
            }
            if (gpa >= REAL_MODE_OFFSETS && (gpa & PARAGRAPH_MASK) != 0) {
                throw file.invalid(
                        "a real-mode address above 0xffff must be a multiple of 16, not 0x"
                                + Long.toHexString(gpa));
            }
        }
        this.gpa = gpa;
        this.mode = mode;
    }

    /**
     * How a flat binary is entered unless the user says otherwise: in 16-bit real mode below 1 MiB,
     * which is where boot sectors and small real-mode guests load, and in 64-bit mode from 1 MiB
     * on, where real mode does not reach.
     *
     * @param gpa its load address
     * @return the mode
     */
    public static EntryMode defaultMode(long gpa) {
        return gpa >= 0 && gpa < PhysicalLayout.HIGH_MEMORY_GPA
                ? EntryMode.REAL_16
                : EntryMode.LONG_64;
    }

    /** Load address and entry point. */
    public long gpa() {
        return gpa;
    }

    @Override
    public String description() {
        return "flat binary at 0x" + Long.toHexString(gpa);
    }

    @Override
    public EntryMode entryMode() {
        return mode;
    }

    @Override
    public int commandLineMaxBytes() {
        return mode == EntryMode.REAL_16 ? 0 : PhysicalLayout.COMMAND_LINE_MAX_BYTES;
    }

    @Override
    EntryState load(BootContext context) {
        long sizeBytes = file().sizeBytes();
        Extent extent = new Extent(gpa, saturatedSum(gpa, sizeBytes));
        boolean real = mode == EntryMode.REAL_16;
        boolean reachable =
                extent.endGpa() <= PhysicalLayout.LOW_RAM_END_GPA
                        && (real || gpa >= PhysicalLayout.LOW_STRUCTURES_END_GPA);
        if (!reachable || !context.e820().isRam(gpa, sizeBytes)) {
            if (real) {
                throw file().invalid(
                                "its range "
                                        + extent.hex()
                                        + " reaches into the reserved range [0x9fc00, 0x100000)");
            }
            throw BootLoader.outsideRam(file(), context.e820(), "content", extent);
        }
        file().copyTo(context.memory(), gpa, 0, sizeBytes);
        if (real) {
            return gpa < REAL_MODE_OFFSETS
                    ? EntryState.real16(0, (int) gpa)
                    : EntryState.real16((int) (gpa >> 4), 0);
        }
        Placement initrd = context.placeInitrd(new Extent[] {extent});
        context.copyInitrd(initrd);
        if (mode == EntryMode.PROTECTED_32) {
            StartInfo.write(context, initrd);
            return EntryState.protected32(gpa, PhysicalLayout.START_INFO_GPA);
        }
        PageTables.write(context.memory());
        ZeroPage.write(context, ZeroPage.blank(), initrd);
        return EntryState.long64(gpa, PhysicalLayout.ZERO_PAGE_GPA);
    }

    private static long saturatedSum(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
