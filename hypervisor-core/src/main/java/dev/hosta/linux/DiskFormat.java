package dev.hosta.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A format of disk images that is not raw, told by the bytes that every file of it has.
 *
 * @param name as its tools call it
 * @param offset where in the file the bytes stand
 * @param magic the bytes
 * @param conversion a command that makes a raw image; {@code %s} is the file
 */
record DiskFormat(String name, int offset, List<Byte> magic, String conversion) {
    /** How much of a file {@link #of} wants to see. */
    static final int HEAD_BYTES = 512;

    private static final String QEMU_IMG = "qemu-img convert -O raw %1$s %1$s.raw";

    private static final List<DiskFormat> KNOWN =
            List.of(
                    image("qcow2", 0, "QFI\u00fb"),
                    image("QED", 0, "QED\0"),
                    image("VMDK", 0, "KDMV"),
                    image("VMDK", 0, "COWD"),
                    image("VMDK", 0, "# Disk DescriptorFile"),
                    image("VHDX", 0, "vhdxfile"),
                    image("VHD", 0, "conectix"),
                    image("VDI", 0x40, "\u007f\u0010\u00da\u00be"),
                    image("Parallels", 0, "WithoutFreeSpace"),
                    image("Parallels", 0, "WithouFreSpacExt"),
                    packed("gzip", 0, "\u001f\u008b\b", "gunzip -k %s"),
                    packed("xz", 0, "\u00fd7zXZ\0", "unxz -k %s"),
                    packed("zstd", 0, "(\u00b5/\u00fd", "unzstd %s"),
                    packed("bzip2", 0, "BZh", "bunzip2 -k %s"),
                    packed("LZ4", 0, "\u0004\"M\u0018", "unlz4 %s"),
                    packed("zip", 0, "PK\u0003\u0004", "unzip %s"),
                    packed("tar", 257, "ustar", "tar -xf %s"));

    private static DiskFormat image(String name, int offset, String magic) {
        return packed(name, offset, magic, QEMU_IMG);
    }

    private static DiskFormat packed(String name, int offset, String magic, String conversion) {
        Byte[] bytes = new Byte[magic.length()];
        Arrays.setAll(bytes, i -> magic.getBytes(StandardCharsets.ISO_8859_1)[i]);
        return new DiskFormat(name, offset, List.of(bytes), conversion);
    }

    /** The format whose bytes the head of a file shows; empty where it may well be raw. */
    static Optional<DiskFormat> of(byte[] head) {
        return KNOWN.stream().filter(format -> format.isIn(head)).findFirst();
    }

    private boolean isIn(byte[] head) {
        if (head.length < offset + magic.size()) {
            return false;
        }
        for (int i = 0; i < magic.size(); i++) {
            if (head[offset + i] != magic.get(i)) {
                return false;
            }
        }
        return true;
    }
}
