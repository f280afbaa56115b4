package dev.hosta.boot;

import java.nio.ByteBuffer;

/**
 * An ELF kernel: entered by its PVH note where it has one ({@code XEN_ELFNOTE_PHYS32_ENTRY}; Linux,
 * FreeBSD, unikernels), otherwise at its entry point in 64-bit mode, as Linux's vmlinux expects.
 */
public final class ElfKernel extends KernelImage {
    private static final int MAGIC = 0x464c_457f;

    /** Linux's {@code COMMAND_LINE_SIZE} on x86, without the NUL. */
    private static final int LINUX_COMMAND_LINE_MAX = 2047;

    private final ElfLayout layout;

    ElfKernel(ImageFile file, ElfLayout layout) {
        super(file);
        this.layout = layout;
    }

    static boolean matches(ByteBuffer head) {
        return head.limit() >= 4 && head.getInt(0) == MAGIC;
    }

    @Override
    public String description() {
        String name = layout.is64() ? "ELF64" : "ELF32";
        return name + (layout.pvh() ? " kernel, PVH entry" : " kernel, 64-bit Linux entry");
    }

    @Override
    public EntryMode entryMode() {
        return layout.pvh() ? EntryMode.PROTECTED_32 : EntryMode.LONG_64;
    }

    @Override
    public int commandLineMaxBytes() {
        return layout.pvh() ? PhysicalLayout.COMMAND_LINE_MAX_BYTES : LINUX_COMMAND_LINE_MAX;
    }

    @Override
    EntryState load(BootContext context) {
        ElfLayout.Segment[] segments = layout.segments();
        Extent[] taken = new Extent[segments.length];
        for (int i = 0; i < segments.length; i++) {
            Extent extent = segments[i].extent();
            taken[i] = extent;
            if (extent.gpa() < PhysicalLayout.LOW_STRUCTURES_END_GPA
                    || extent.endGpa() > PhysicalLayout.LOW_RAM_END_GPA
                    || !context.e820().isRam(extent.gpa(), extent.endGpa() - extent.gpa())) {
                throw BootLoader.outsideRam(file(), context.e820(), "segment", extent);
            }
        }
        Placement initrd = context.placeInitrd(taken);
        for (ElfLayout.Segment segment : segments) {
            load(context, segment);
        }
        context.copyInitrd(initrd);
        if (layout.pvh()) {
            StartInfo.write(context, initrd);
            return EntryState.protected32(layout.entryGpa(), PhysicalLayout.START_INFO_GPA);
        }
        PageTables.write(context.memory());
        ZeroPage.write(context, ZeroPage.blank(), initrd);
        return EntryState.long64(layout.entryGpa(), PhysicalLayout.ZERO_PAGE_GPA);
    }

    private void load(BootContext context, ElfLayout.Segment segment) {
        long gpa = segment.extent().gpa();
        file().copyTo(context.memory(), gpa, segment.fileOffset(), segment.fileBytes());
        long zeroGpa = gpa + segment.fileBytes();
        long zeroBytes = segment.extent().endGpa() - zeroGpa;
        if (zeroBytes > 0) {
            context.memory().fill(zeroGpa, zeroBytes, (byte) 0);
        }
    }
}
