package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

class BzImageTest {
    private static final long ZERO_PAGE = PhysicalLayout.ZERO_PAGE_GPA;

    @TempDir Path directory;

    private Path file(ByteBuffer image) {
        return TestImages.write(directory, "bzImage", image);
    }

    @Test
    void loadsThePayloadAndEntersAtItsSecondSector() {
        BootFixture boot = new BootFixture(64 * BootFixture.MIB);
        ByteBuffer image = TestImages.bzImage();
        EntryState entry = boot.load(file(image));
        byte[] payload =
                Arrays.copyOfRange(
                        image.array(),
                        TestImages.BZ_SETUP_BYTES,
                        TestImages.BZ_SETUP_BYTES + TestImages.BZ_PAYLOAD);
        byte[] loaded = boot.memory.bytes(TestImages.BZ_PREF, TestImages.BZ_PAYLOAD);
        assertArrayEquals(payload, loaded);
        assertEquals(EntryMode.LONG_64, entry.mode());
        assertEquals(TestImages.BZ_PREF + 0x200, entry.rip());
        assertEquals(ZERO_PAGE, entry.rsi());
        assertEquals(0x10, entry.cs().selector());
        assertTrue(entry.cs().l());
        assertEquals(0x18, entry.data().selector());
        assertEquals(0x500, entry.efer());
    }

    @Test
    void fillsTheZeroPage() {
        BootFixture boot = new BootFixture(5L << 30);
        boot.commandLine = "console=ttyS0 ä";
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[5000]));
        boot.load(file(TestImages.bzImage()));
        FakeGuestMemory memory = boot.memory;
        assertEquals(PhysicalLayout.RSDP_GPA, memory.loadU64(ZERO_PAGE + 0x70));
        assertEquals(0xff, memory.loadU8(ZERO_PAGE + 0x210));
        assertEquals(1, memory.loadU8(ZERO_PAGE + 0x211) & 1);
        assertEquals(0x5372_6448, memory.loadU32(ZERO_PAGE + 0x202));
        assertEquals(TestImages.BZ_PREF, memory.loadU32(ZERO_PAGE + 0x214));
        assertEquals(0, memory.loadU8(ZERO_PAGE + 0x1ef), "sentinel");
        // The highest place below initrd_addr_max.
        assertEquals(0x8000_0000L - 0x2000, memory.loadU32(ZERO_PAGE + 0x218));
        assertEquals(5000, memory.loadU32(ZERO_PAGE + 0x21c));
        assertEquals(0, memory.loadU64(ZERO_PAGE + 0xc0));
        long line = memory.loadU32(ZERO_PAGE + 0x228);
        byte[] expected = (boot.commandLine + "\0").getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(expected, memory.bytes(line, expected.length));
        assertEquals(5, memory.loadU8(ZERO_PAGE + 0x1e8));
        assertEquals(0, memory.loadU64(ZERO_PAGE + 0x2d0));
        assertEquals(0x9_fc00, memory.loadU64(ZERO_PAGE + 0x2d8));
        assertEquals(1, memory.loadU32(ZERO_PAGE + 0x2e0));
        assertEquals(0x1_0000_0000L, memory.loadU64(ZERO_PAGE + 0x2d0 + 4 * 20));
        assertEquals(2L << 30, memory.loadU64(ZERO_PAGE + 0x2d8 + 4 * 20));
    }

    @Test
    void mapsTheFirstFourGibibytesOneToOne() {
        BootFixture boot = new BootFixture(64 * BootFixture.MIB);
        EntryState entry = boot.load(file(TestImages.bzImage()));
        for (long gva : new long[] {0, 0x1234_5678L, 0xc000_0000L, 0xffff_ffffL}) {
            long pml4e = boot.memory.loadU64(entry.cr3() + (gva >> 39) * 8);
            long pdpte = boot.memory.loadU64((pml4e & ~0xfffL) + (gva >> 30 & 511) * 8);
            long pde = boot.memory.loadU64((pdpte & ~0xfffL) + (gva >> 21 & 511) * 8);
            assertEquals(3, pml4e & pdpte & 0xfff);
            assertEquals(0x83, pde & 0x9f);
            assertEquals(gva, (pde & ~0x1f_ffffL) + (gva & 0x1f_ffff));
        }
    }

    @Test
    void putsAnInitrdThatDoesNotFitBelowTheLimitAboveFourGibibytes() {
        ByteBuffer image = TestImages.bzImage();
        image.putInt(0x22c, (int) (TestImages.BZ_PREF + TestImages.BZ_INIT_SIZE));
        BootFixture boot = new BootFixture(4L << 30);
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[1 << 24]));
        boot.load(file(image));
        assertEquals(1, boot.memory.loadU32(ZERO_PAGE + 0xc0), "ext_ramdisk_image");
        assertEquals(0x3f00_0000, boot.memory.loadU32(ZERO_PAGE + 0x218));
    }

    @Test
    void respectsInitrdAddrMaxOfAKernelWithoutExtendedFields() {
        ByteBuffer image = TestImages.bzImage();
        image.putShort(0x236, (short) 1);
        image.putInt(0x22c, 0x1ff_ffff);
        BootFixture boot = new BootFixture(4L << 30);
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[0x1001]));
        boot.load(file(image));
        assertEquals(0x1ff_e000, boot.memory.loadU32(ZERO_PAGE + 0x218));
        boot.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[1 << 24]));
        boot.refused(file(image), "initrd", "0x2000000", "smaller initrd");
    }

    @Test
    void alignsARelocatableKernelOnly() {
        ByteBuffer image = TestImages.bzImage().putLong(0x258, 0x123_4000);
        EntryState entry = new BootFixture(64 * BootFixture.MIB).load(file(image));
        assertEquals(0x140_0200, entry.rip());
        image.put(0x234, (byte) 0);
        entry = new BootFixture(64 * BootFixture.MIB).load(file(image));
        assertEquals(0x123_4200, entry.rip());
    }

    @Test
    void saysHowMuchMemoryTheKernelAndTheInitrdNeed() {
        BootFixture small = new BootFixture(17 * BootFixture.MIB);
        small.refused(file(TestImages.bzImage()), "17 MiB of memory", "at least 18 MiB");
        BootFixture fits = new BootFixture(18 * BootFixture.MIB);
        Path kernel = file(TestImages.bzImage());
        fits.load(kernel);
        fits.initrd = Optional.of(TestImages.write(directory, "initrd", new byte[1 << 25]));
        fits.refused(kernel, "initrd", "33554432 bytes", "at least 50 MiB");
        BootFixture enough = new BootFixture(50 * BootFixture.MIB);
        enough.initrd = fits.initrd;
        enough.load(kernel);
        assertEquals(18 * BootFixture.MIB, enough.memory.loadU32(ZERO_PAGE + 0x218));
    }

    @Test
    void refusesALongCommandLineAndNamesTheLimit() {
        BootFixture boot = new BootFixture(64 * BootFixture.MIB);
        boot.commandLine = "x".repeat(2047);
        boot.load(file(TestImages.bzImage()));
        boot.commandLine = "x".repeat(2048);
        boot.refused(file(TestImages.bzImage()), "2048 bytes", "at most 2047");
        boot.commandLine = "a\0b";
        boot.refused(file(TestImages.bzImage()), "NUL");
    }

    @Test
    void refusesDamagedAndForeignHeaders() {
        BootFixture boot = new BootFixture(64 * BootFixture.MIB);
        ByteBuffer image = TestImages.bzImage();
        boot.refused(file(TestImages.bzImage().putShort(0x206, (short) 0x20b)), "2.11", "2.12");
        boot.refused(file(TestImages.bzImage().putShort(0x236, (short) 2)), "32-bit x86 kernel");
        boot.refused(file(TestImages.bzImage().putShort(0x1fe, (short) 0)), "damaged");
        boot.refused(file(TestImages.bzImage().put(0x211, (byte) 0)), "damaged");
        boot.refused(file(TestImages.bzImage().put(0x201, (byte) 8)), "cut short");
        boot.refused(file(TestImages.bzImage().putInt(0x1f4, 0)), "no code");
        boot.refused(file(TestImages.bzImage().putInt(0x1f4, -1)), "truncated");
        boot.refused(file(TestImages.bzImage().putInt(0x230, 3)), "kernel_alignment 0x3");
        boot.refused(file(TestImages.bzImage().putInt(0x230, 0)), "kernel_alignment 0x0");
        boot.refused(
                file(TestImages.bzImage().putLong(0x258, 0x9_0000).put(0x234, (byte) 0)),
                "0x90000");
        boot.refused(file(TestImages.bzImage().putLong(0x258, -1)), "0xffffffffffffffff");
        boot.refused(file(TestImages.bzImage().putLong(0x258, 0xc000_0000L)), "0xc0000000");
        boot.refused(file(TestImages.bzImage().putInt(0x260, -1)), "above 0xc0000000");
        for (int length : new int[] {0x204, 0x206, 0x209, 0x250, 0x270, 2000, 4000}) {
            byte[] cut = Arrays.copyOf(image.array(), length);
            boot.refused(TestImages.write(directory, "cut", cut));
        }
        assertEquals(0, new BootFixture(64 * BootFixture.MIB).memory.writtenPages());
    }
}
