package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

class ElfKernelTest {
    private static final long START_INFO = PhysicalLayout.START_INFO_GPA;

    @TempDir Path directory;

    private Path file(ByteBuffer image) {
        return TestImages.write(directory, "vmlinux", image);
    }

    private static BootFixture boot() {
        return new BootFixture(64 * BootFixture.MIB);
    }

    @Test
    void entersByThePvhNoteInThirtyTwoBitMode() {
        for (ByteBuffer image : new ByteBuffer[] {TestImages.elf64(true), TestImages.elf32Pvh()}) {
            BootFixture boot = boot();
            EntryState entry = boot.load(file(image));
            assertEquals(EntryMode.PROTECTED_32, entry.mode());
            assertEquals(TestImages.ELF_ENTRY, entry.rip());
            assertEquals(START_INFO, entry.rbx());
            assertEquals(0x11, entry.cr0());
            assertEquals(0, entry.cr4());
            assertTrue(entry.cs().db());
            assertEquals(0x67, entry.tr().limit());
            byte[] code =
                    Arrays.copyOfRange(
                            image.array(),
                            TestImages.ELF_CODE_OFFSET,
                            TestImages.ELF_CODE_OFFSET + TestImages.ELF_CODE_BYTES);
            assertArrayEquals(code, boot.memory.bytes(TestImages.ELF_GPA, code.length));
        }
    }

    @Test
    void zeroesWhatTheFileDoesNotHold() {
        BootFixture boot = boot();
        boot.memory.fill(TestImages.ELF_GPA, 0x6000, (byte) 0xaa);
        boot.load(file(TestImages.elf64(true)));
        long bss = TestImages.ELF_GPA + TestImages.ELF_CODE_BYTES;
        long end = TestImages.ELF_GPA + TestImages.ELF_MEMORY_BYTES;
        byte[] zero = new byte[(int) (end - bss)];
        assertArrayEquals(zero, boot.memory.bytes(bss, zero.length));
        assertEquals(0xaa, boot.memory.loadU8(end));
    }

    @Test
    void writesTheStartInfo() {
        BootFixture boot = boot();
        boot.commandLine = "hello";
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[] {7, 8, 9}));
        boot.load(file(TestImages.elf64(true)));
        FakeGuestMemory memory = boot.memory;
        assertEquals(0x336e_c578, memory.loadU32(START_INFO));
        assertEquals(1, memory.loadU32(START_INFO + 4));
        assertEquals(1, memory.loadU32(START_INFO + 12));
        long module = memory.loadU64(START_INFO + 0x10);
        long initrd = memory.loadU64(module);
        assertEquals(64 * BootFixture.MIB - 4096, initrd);
        assertEquals(3, memory.loadU64(module + 8));
        assertArrayEquals(new byte[] {7, 8, 9}, memory.bytes(initrd, 3));
        byte[] line = memory.bytes(memory.loadU64(START_INFO + 0x18), 6);
        assertArrayEquals(new byte[] {'h', 'e', 'l', 'l', 'o', 0}, line);
        assertEquals(PhysicalLayout.RSDP_GPA, memory.loadU64(START_INFO + 0x20));
        long map = memory.loadU64(START_INFO + 0x28);
        assertEquals(4, memory.loadU32(START_INFO + 0x30));
        assertEquals(0x10_0000, memory.loadU64(map + 48));
        assertEquals(63 * BootFixture.MIB, memory.loadU64(map + 56));
        assertEquals(1, memory.loadU32(map + 64));
    }

    @Test
    void entersAVmlinuxWithoutTheNoteInLongMode() {
        BootFixture boot = boot();
        EntryState entry = boot.load(file(TestImages.elf64(false)));
        assertEquals(EntryMode.LONG_64, entry.mode());
        assertEquals(TestImages.ELF_ENTRY, entry.rip());
        assertEquals(PhysicalLayout.ZERO_PAGE_GPA, entry.rsi());
        assertEquals(0xaa55, boot.memory.loadU16(entry.rsi() + 0x1fe));
        boot.commandLine = "x".repeat(2048);
        boot.refused(file(TestImages.elf64(false)), "at most 2047");
    }

    @Test
    void putsTheInitrdInAGapThatTheSegmentsLeave() {
        BootFixture boot = new BootFixture(2 * BootFixture.MIB);
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[8192]));
        // The segment ends where RAM ends, so the initrd goes below it.
        long gpa = 2 * BootFixture.MIB - TestImages.ELF_MEMORY_BYTES;
        ByteBuffer image = TestImages.elf64(true).putLong(88, gpa);
        image.putInt(0x210, (int) gpa);
        boot.load(file(image));
        assertEquals(gpa - 8192, boot.memory.loadU64(boot.memory.loadU64(START_INFO + 0x10)));
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[1 << 20]));
        boot.refused(file(image), "initrd", "2 MiB of memory", "at least 3 MiB");
    }

    /** A PVH image whose only segment, with the entry, is somewhere else. */
    private static ByteBuffer at(long gpa) {
        return TestImages.elf64(true).putLong(88, gpa).putInt(0x210, (int) gpa);
    }

    @Test
    void refusesSegmentsOutsideMemory() {
        BootFixture boot = boot();
        boot.refused(file(at(0x7000)), "[0x7000, 0xc000)", "boot structures");
        boot.refused(file(at(0)), "boot structures");
        boot.refused(file(at(0x9_f000)), "reserved range");
        boot.refused(file(at(0xf_f000)), "reserved range");
        boot.load(file(at(0x3_0000)));
        boot.refused(file(at(64 * BootFixture.MIB)), "at least 65 MiB");
        boot.refused(file(at(0xc000_0000L)), "above 0xc0000000");
        boot.refused(file(at(0x7fff_ffff_ffff_f000L)), "beyond any memory");
        boot.refused(file(at(-4096)), "beyond any memory");
        boot.refused(file(TestImages.elf64(true).putLong(104, 0x1_0000_0000L)), "above 0xc0000000");
    }

    @Test
    void refusesNumbersThatWrapOrLeaveTheFile() {
        BootFixture boot = boot();
        boot.refused(file(TestImages.elf64(true).putLong(32, -1)), "program header table");
        boot.refused(file(TestImages.elf64(true).putLong(32, 1 << 20)), "program header table");
        boot.refused(file(TestImages.elf64(true).putLong(72, -1)), "after the file's");
        boot.refused(file(TestImages.elf64(true).putLong(96, -1)), "damaged");
        boot.refused(file(TestImages.elf64(true).putLong(104, -1)), "damaged");
        boot.refused(file(TestImages.elf64(true).putLong(104, 1)), "in memory");
        boot.refused(file(TestImages.elf64(true).putLong(96, 0x300)), "truncated");
        boot.refused(file(TestImages.elf64(true).putLong(152, -1)), "notes");
        boot.refused(file(TestImages.elf64(true).putLong(128, -8)), "note segment");
        boot.refused(file(TestImages.elf64(true).putInt(0x200, -1)), "note ends");
        boot.refused(file(TestImages.elf64(true).putInt(0x204, 3)), "PVH entry note");
        boot.refused(file(TestImages.elf64(true).putInt(0x210, 0x20_0000)), "entry point 0x200000");
        boot.refused(file(TestImages.elf64(false).putLong(24, -1)), "entry point");
        boot.refused(file(TestImages.elf64(true).putShort(54, (short) 32)), "32 bytes each");
        boot.refused(file(TestImages.elf64(true).putShort(56, (short) 0)), "0 program headers");
        boot.refused(file(TestImages.elf64(true).putShort(56, (short) -1)), "65535");
        boot.refused(file(TestImages.elf64(true).putInt(64, 0)), "nothing to load");
        ByteBuffer twice = TestImages.elf64(true);
        twice.put(120, twice, 64, 56);
        boot.refused(file(twice), "overlap");
    }

    @Test
    void namesWhatElseAnElfFileIs() {
        BootFixture boot = boot();
        boot.refused(file(TestImages.elf64(true).putShort(18, (short) 183)), "arm64");
        boot.refused(file(TestImages.elf64(true).putShort(18, (short) 243)), "RISC-V");
        ByteBuffer s390 = TestImages.elf64(true).put(5, (byte) 2);
        boot.refused(file(s390.putShort(18, (short) 0x1600)), "s390");
        boot.refused(file(TestImages.elf64(true).putShort(16, (short) 1)), "kernel module");
        boot.refused(file(TestImages.elf64(true).putShort(16, (short) 3)), "shared object");
        boot.refused(file(TestImages.elf64(true).putInt(120, 3)), "dynamically linked");
        boot.refused(file(TestImages.elf32Pvh().putInt(84, 0)), "without the PVH entry note");
        boot.refused(file(TestImages.elf32Pvh().putShort(18, (short) 40)), "32-bit ARM");
        boot.refused(file(TestImages.elf64(true).put(4, (byte) 9)), "class 9");
        for (int length : new int[] {5, 40, 60, 100, 300, 4200}) {
            byte[] cut = Arrays.copyOf(TestImages.elf64(true).array(), length);
            boot.refused(TestImages.write(directory, "cut", cut));
        }
    }
}
