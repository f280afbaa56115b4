package dev.hosta.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small kernel images, made by hand. */
final class TestImages {
    static final long BZ_PREF = 0x100_0000L;
    static final int BZ_INIT_SIZE = 0x20_0000;
    static final int BZ_PAYLOAD = 0x2000;
    static final int BZ_SETUP_SECTORS = 4;
    static final int BZ_SETUP_BYTES = (BZ_SETUP_SECTORS + 1) * 512;
    static final long ELF_GPA = 0x10_0000L;
    static final int ELF_CODE_OFFSET = 0x1000;
    static final int ELF_CODE_BYTES = 0x234;
    static final int ELF_MEMORY_BYTES = 0x5000;
    static final long ELF_ENTRY = ELF_GPA + 0x10;

    private TestImages() {}

    /** A bzImage, protocol 2.15, 64-bit, relocatable, 2047 bytes of command line. */
    static ByteBuffer bzImage() {
        ByteBuffer b = buffer(BZ_SETUP_BYTES + BZ_PAYLOAD + 64);
        b.put(0, (byte) 'M').put(1, (byte) 'Z');
        b.put(0x1f1, (byte) BZ_SETUP_SECTORS);
        b.putInt(0x1f4, BZ_PAYLOAD / 16);
        b.putShort(0x1fe, (short) 0xaa55);
        b.put(0x200, (byte) 0xeb).put(0x201, (byte) 0x6a);
        b.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
        b.putShort(0x206, (short) 0x20f);
        b.put(0x211, (byte) 1);
        b.putInt(0x22c, 0x7fff_ffff);
        b.putInt(0x230, 0x20_0000);
        b.put(0x234, (byte) 1);
        b.putShort(0x236, (short) 0x3);
        b.putInt(0x238, 2047);
        b.putLong(0x258, BZ_PREF);
        b.putInt(0x260, BZ_INIT_SIZE);
        for (int i = 0; i < BZ_PAYLOAD; i++) {
            b.put(BZ_SETUP_BYTES + i, (byte) (i * 7 + 1));
        }
        return b;
    }

    /** An ELF64 with one segment at 1 MiB, and a PVH note if asked. */
    static ByteBuffer elf64(boolean pvh) {
        ByteBuffer b = buffer(ELF_CODE_OFFSET + ELF_CODE_BYTES);
        identification(b, 2, 62);
        b.putLong(24, ELF_ENTRY).putLong(32, 64);
        b.putShort(52, (short) 64).putShort(54, (short) 56);
        b.putShort(56, (short) (pvh ? 2 : 1));
        b.putInt(64, 1).putInt(68, 7).putLong(72, ELF_CODE_OFFSET);
        b.putLong(80, 0xffff_ffff_8010_0000L).putLong(88, ELF_GPA);
        b.putLong(96, ELF_CODE_BYTES).putLong(104, ELF_MEMORY_BYTES).putLong(112, 0x1000);
        if (pvh) {
            b.putInt(120, 4).putLong(128, 0x200).putLong(152, 20).putLong(160, 20).putLong(168, 4);
            note(b, 0x200);
        }
        code(b);
        return b;
    }

    /** An ELF32 with a PVH note behind another note. */
    static ByteBuffer elf32Pvh() {
        ByteBuffer b = buffer(ELF_CODE_OFFSET + ELF_CODE_BYTES);
        identification(b, 1, 3);
        b.putInt(24, 0).putInt(28, 52);
        b.putShort(40, (short) 52).putShort(42, (short) 32).putShort(44, (short) 2);
        b.putInt(52, 1).putInt(56, ELF_CODE_OFFSET).putInt(60, 0).putInt(64, (int) ELF_GPA);
        b.putInt(68, ELF_CODE_BYTES).putInt(72, ELF_MEMORY_BYTES).putInt(80, 4096);
        b.putInt(84, 4).putInt(88, 0x200).putInt(100, 44).putInt(104, 44).putInt(112, 4);
        b.putInt(0x200, 4).putInt(0x204, 6).putInt(0x208, 1).putInt(0x20c, 0x00_55_4e_47);
        note(b, 0x200 + 24);
        code(b);
        return b;
    }

    static Path write(Path directory, String name, ByteBuffer image) {
        return write(directory, name, image.array());
    }

    static Path write(Path directory, String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void identification(ByteBuffer b, int elfClass, int machine) {
        b.putInt(0, 0x464c_457f).put(4, (byte) elfClass).put(5, (byte) 1).put(6, (byte) 1);
        b.putShort(16, (short) 2).putShort(18, (short) machine).putInt(20, 1);
    }

    private static void note(ByteBuffer b, int at) {
        b.putInt(at, 4).putInt(at + 4, 4).putInt(at + 8, 18);
        b.putInt(at + 12, 0x006e_6558).putInt(at + 16, (int) ELF_ENTRY);
    }

    private static void code(ByteBuffer b) {
        for (int i = 0; i < ELF_CODE_BYTES; i++) {
            b.put(ELF_CODE_OFFSET + i, (byte) (i * 5 + 3));
        }
    }
}
