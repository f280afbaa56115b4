package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

class KernelImagesTest {
    @TempDir Path directory;

    private final BootFixture boot = new BootFixture(64 * BootFixture.MIB);

    private Path file(int size, int offset, int... bytes) {
        byte[] content = new byte[size];
        for (int i = 0; i < bytes.length; i++) {
            content[offset + i] = (byte) bytes[i];
        }
        return TestImages.write(directory, "file", content);
    }

    private Path text(int size, int offset, String text) {
        return file(size, offset, text.chars().toArray());
    }

    @Test
    void decidesByContent() {
        Path bz = TestImages.write(directory, "a", TestImages.bzImage());
        Path elf = TestImages.write(directory, "b", TestImages.elf64(true));
        try (KernelImage first = KernelImages.open(bz, OptionalLong.empty());
                KernelImage second = KernelImages.open(elf, OptionalLong.empty());
                KernelImage third = KernelImages.open(elf, OptionalLong.of(0x1000))) {
            assertInstanceOf(BzImage.class, first);
            assertEquals("Linux bzImage, boot protocol 2.15", first.description());
            assertInstanceOf(ElfKernel.class, second);
            assertEquals("ELF64 kernel, PVH entry", second.description());
            assertInstanceOf(FlatBinary.class, third);
            assertEquals(elf, third.path());
        }
    }

    @Test
    void saysWhatAForeignFileLooksLike() {
        boot.refused(file(5000, 0, 0x1f, 0x8b), "gzip", "Unpack");
        boot.refused(file(5000, 0, 0xfd, '7', 'z', 'X', 'Z', 0), "xz");
        boot.refused(file(5000, 0, 0x28, 0xb5, 0x2f, 0xfd), "zstd");
        boot.refused(text(5000, 0, "BZh9"), "bzip2");
        boot.refused(file(5000, 0, 0x02, 0x21, 0x4c, 0x18), "lz4");
        boot.refused(text(5000, 0x38, "ARMd"), "arm64 Linux Image");
        boot.refused(file(5000, 0x24, 0x18, 0x28, 0x6f, 0x01), "ARM zImage");
        boot.refused(text(5000, 0x30, "RISCV"), "RISC-V");
        boot.refused(file(5000, 0, 0x27, 0x05, 0x19, 0x56), "uImage");
        boot.refused(text(5000, 0, "070701"), "cpio", "initrd");
        boot.refused(file(5000, 0, 'Q', 'F', 'I', 0xfb), "qcow2");
        boot.refused(text(5000, 0, "!<arch>\ndebian-binary"), "Debian package");
        boot.refused(text(500, 0, "#!/bin/sh\n"), "script");
        boot.refused(file(512, 510, 0x55, 0xaa), "boot sector");
        boot.refused(file(20, 0, 1), "20 bytes are too short");
        boot.refused(file(5000, 0, 1), "unknown");
        boot.refused(text(5000, 0, "MZ"), "DOS");
        ByteBuffer pe = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        pe.putShort(0, (short) 0x5a4d).putInt(0x3c, 0x80).putInt(0x80, 0x4550);
        boot.refused(TestImages.write(directory, "pe", pe.putShort(0x84, (short) 0xaa64)), "arm64");
        boot.refused(
                TestImages.write(directory, "pe", pe.putShort(0x84, (short) 0x8664)), "x86-64");
        boot.refused(TestImages.write(directory, "pe", pe.putInt(0x3c, -1)), "DOS");
    }

    @Test
    void refusesWhatIsNoReadableFile() throws IOException {
        boot.refused(directory.resolve("missing"), "no such file", "missing", "kernel");
        boot.refused(directory, "directory");
        boot.refused(Path.of("/dev/zero"), "not a regular file");
        boot.refused(file(0, 0), "empty");
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), directory.resolve("loop"));
        boot.refused(loop);
        boot.refused(directory.resolve("file").resolve("below"));
        boot.refused(directory.resolve("line\nbreak"), "line?break");
        Path kernel = TestImages.write(directory, "k", TestImages.elf64(true));
        boot.initrd = Optional.of(directory.resolve("missing"));
        boot.refused(kernel, "initrd", "no such file");
        boot.initrd = Optional.of(file(0, 0));
        boot.refused(kernel, "initrd", "empty");
        boot.initrd = Optional.of(directory);
        boot.refused(kernel, "initrd", "directory");
    }

    @Test
    void refusesAnInitrdLargerThanAnyMemory() throws IOException {
        Path huge = directory.resolve("huge");
        try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        boot.initrd = Optional.of(huge);
        boot.refused(TestImages.write(directory, "k", TestImages.bzImage()), "1099511627776 bytes");
        boot.refused(TestImages.write(directory, "k", TestImages.elf64(true)), "smaller initrd");
        boot.initrd = Optional.empty();
        boot.flatGpa = OptionalLong.of(0x10_0000);
        boot.refused(huge, "3 GiB");
    }

    @Test
    void noticesAFileThatShrinksAfterItWasOpened() throws IOException {
        Path file = TestImages.write(directory, "k", TestImages.elf64(true));
        try (KernelImage kernel = KernelImages.open(file, OptionalLong.empty())) {
            try (RandomAccessFile shrinking = new RandomAccessFile(file.toFile(), "rw")) {
                shrinking.setLength(4096);
            }
            Optional<Path> none = Optional.empty();
            OptionalLong noRsdp = OptionalLong.empty();
            assertThrows(
                    ImageException.class,
                    () -> BootLoader.load(boot.memory, boot.e820, kernel, none, "", noRsdp));
        }
    }

    @Test
    void entersAFlatBinaryBelowOneMebibyteInRealMode() {
        byte[] code = "hello".getBytes(StandardCharsets.US_ASCII);
        Path file = TestImages.write(directory, "flat", code);
        boot.flatGpa = OptionalLong.of(0x7c00);
        EntryState entry = boot.load(file);
        assertEquals(EntryMode.REAL_16, entry.mode());
        assertEquals(0x7c00, entry.rip());
        assertEquals(0, entry.cs().base());
        assertArrayEquals(code, boot.memory.bytes(0x7c00, 5));
        assertEquals(1, boot.memory.writtenPages(), "nothing but the code");
        boot.flatGpa = OptionalLong.of(0x8_0010);
        entry = boot.load(file);
        assertEquals(0, entry.rip());
        assertEquals(0x8001, entry.cs().selector());
        assertEquals(0x8_0010, entry.cs().base());
        boot.flatGpa = OptionalLong.of(0x8_0011);
        boot.refused(file, "multiple of 16");
        boot.flatGpa = OptionalLong.of(0x9_fbff);
        boot.refused(file, "multiple of 16");
        boot.flatGpa = OptionalLong.of(0x9_fc00);
        boot.refused(file, "reserved range");
        boot.flatGpa = OptionalLong.of(0x7c00);
        boot.commandLine = "x";
        boot.refused(file, "no command line");
        boot.commandLine = "";
        boot.initrd = Optional.of(file);
        boot.refused(file, "no initrd");
    }

    @Test
    void entersAFlatBinaryFromOneMebibyteOnInLongMode() {
        Path file = TestImages.write(directory, "flat", new byte[] {(byte) 0xf4});
        boot.flatGpa = OptionalLong.of(0x20_0000);
        EntryState entry = boot.load(file);
        assertEquals(EntryMode.LONG_64, entry.mode());
        assertEquals(0x20_0000, entry.rip());
        boot.flatGpa = OptionalLong.of(-1);
        boot.refused(file, "0xffffffffffffffff");
        boot.flatGpa = OptionalLong.of(Long.MAX_VALUE);
        boot.refused(file, "0xc0000000");
        boot.flatGpa = OptionalLong.of(64 * BootFixture.MIB);
        boot.refused(file, "at least 65 MiB");
        try (KernelImage image = KernelImages.openFlat(file, 0x20_0000, EntryMode.PROTECTED_32)) {
            OptionalLong noRsdp = OptionalLong.empty();
            entry = BootLoader.load(boot.memory, boot.e820, image, Optional.empty(), "", noRsdp);
            assertEquals(EntryMode.PROTECTED_32, entry.mode());
            assertEquals(PhysicalLayout.START_INFO_GPA, entry.rbx());
        }
        ImageException e =
                assertThrows(
                        ImageException.class,
                        () -> KernelImages.openFlat(file, 0x10_0000, EntryMode.REAL_16));
        assertTrue(e.getMessage().contains("real mode"), e.getMessage());
        assertEquals(file, e.file());
    }
}
