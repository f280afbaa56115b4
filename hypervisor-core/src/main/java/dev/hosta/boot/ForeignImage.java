package dev.hosta.boot;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Says what a file looks like that is no kernel Hosta can boot, and what to do about it. */
final class ForeignImage {
    private static final int ARM64_MAGIC_OFFSET = 0x38;
    private static final int ARM32_MAGIC_OFFSET = 0x24;
    private static final int RISCV_MAGIC_OFFSET = 0x30;
    private static final int PE_POINTER_OFFSET = 0x3c;
    private static final int SECTOR_SIGNATURE_OFFSET = 0x1fe;

    /** Smaller than any header a kernel begins with. */
    private static final int SHORTEST_KERNEL = 0x264;

    private ForeignImage() {}

    /**
     * The reason for an error message.
     *
     * @param head the file's first bytes, 1 or more; neither an ELF file nor a bzImage
     */
    static String describe(ByteBuffer head) {
        String packing = packing(head);
        if (packing != null) {
            return "it is compressed with " + packing + ". Unpack it first";
        }
        if (has(head, ARM64_MAGIC_OFFSET, "ARMd")) {
            return "it is an arm64 Linux Image. Use a kernel for x86-64";
        }
        if (has(head, ARM32_MAGIC_OFFSET, 0x18, 0x28, 0x6f, 0x01)) {
            return "it is a 32-bit ARM zImage. Use a kernel for x86-64";
        }
        if (has(head, RISCV_MAGIC_OFFSET, "RISCV")) {
            return "it is a RISC-V Linux Image. Use a kernel for x86-64";
        }
        if (has(head, 0, "MZ")) {
            return portableExecutable(head);
        }
        if (has(head, 0, 0x27, 0x05, 0x19, 0x56)) {
            return "it is a U-Boot uImage. Use a bzImage or a vmlinux";
        }
        if (has(head, 0, "07070")) {
            return "it is a cpio archive. Give it as the initrd, with a kernel beside it";
        }
        if (has(head, 0, 'Q', 'F', 'I', 0xfb)) {
            return "it is a qcow2 disk image. Give the kernel's file itself";
        }
        if (has(head, 0, "!<arch>")) {
            return "it is an archive or Debian package. Unpack the kernel from it";
        }
        if (has(head, 0, "#!")) {
            return "it is a script. Name a kernel: a bzImage, a vmlinux or a PVH ELF file";
        }
        if (has(head, SECTOR_SIGNATURE_OFFSET, 0x55, 0xaa)) {
            return "it is a boot sector or disk image. Give the kernel's file itself,"
                    + " or an address to load it at as a flat binary";
        }
        if (head.limit() < SHORTEST_KERNEL) {
            return "its "
                    + head.limit()
                    + " bytes are too short for a kernel."
                    + " Give an address if it is a flat binary";
        }
        return "its format is unknown. Use a bzImage, a vmlinux or a PVH ELF file,"
                + " or give an address if it is a flat binary";
    }

    /** The machine that an ELF header names. */
    static String elfMachine(int machine) {
        return switch (machine) {
            case 2, 43 -> "SPARC";
            case 3 -> "32-bit x86 in a 64-bit container";
            case 8 -> "MIPS";
            case 20 -> "32-bit PowerPC";
            case 21 -> "64-bit PowerPC";
            case 22 -> "s390";
            case 40 -> "32-bit ARM";
            case 50 -> "Itanium";
            case 62 -> "x86-64 in a 32-bit container";
            case 183 -> "arm64";
            case 243 -> "RISC-V";
            case 247 -> "BPF";
            case 258 -> "LoongArch";
            default -> "machine " + machine;
        };
    }

    /** The kind of file that an ELF header names. */
    static String elfType(int type) {
        return switch (type) {
            case 1 -> "an ELF object file or kernel module";
            case 3 -> "an ELF shared object or position-independent program";
            case 4 -> "an ELF core dump";
            default -> "an ELF file of type " + type;
        };
    }

    private static String packing(ByteBuffer head) {
        if (has(head, 0, 0x1f, 0x8b)) {
            return "gzip";
        }
        if (has(head, 0, 0xfd, '7', 'z', 'X', 'Z', 0)) {
            return "xz";
        }
        if (has(head, 0, 0x28, 0xb5, 0x2f, 0xfd)) {
            return "zstd";
        }
        if (has(head, 0, "BZh")) {
            return "bzip2";
        }
        if (has(head, 0, 0x02, 0x21, 0x4c, 0x18) || has(head, 0, 0x04, 0x22, 0x4d, 0x18)) {
            return "lz4";
        }
        if (has(head, 0, 0x5d, 0, 0)) {
            return "lzma";
        }
        return has(head, 0, 0x89, 'L', 'Z', 'O') ? "lzop" : null;
    }

    private static String portableExecutable(ByteBuffer head) {
        String name = "it is a DOS or Windows program";
        if (head.limit() >= PE_POINTER_OFFSET + 4) {
            int at = head.getInt(PE_POINTER_OFFSET);
            if (at >= 0 && at <= head.limit() - 6 && has(head, at, 'P', 'E', 0, 0)) {
                int machine = head.getShort(at + 4) & 0xffff;
                name = "it is a PE (EFI or Windows) program for " + peMachine(machine);
            }
        }
        return name + ". Use a bzImage, a vmlinux or a PVH ELF file";
    }

    private static String peMachine(int machine) {
        return switch (machine) {
            case 0x14c -> "32-bit x86";
            case 0x1c0, 0x1c2, 0x1c4 -> "32-bit ARM";
            case 0x5032, 0x5064 -> "RISC-V";
            case 0x6264 -> "LoongArch";
            case 0x8664 -> "x86-64";
            case 0xaa64 -> "arm64";
            default -> "machine 0x" + Integer.toHexString(machine);
        };
    }

    private static boolean has(ByteBuffer head, int offset, String ascii) {
        byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
        int[] values = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i];
        }
        return has(head, offset, values);
    }

    private static boolean has(ByteBuffer head, int offset, int... bytes) {
        if (offset > head.limit() - bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((head.get(offset + i) & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }
}
