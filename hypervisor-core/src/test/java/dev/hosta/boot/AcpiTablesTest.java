package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.KernelEntropy;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

class AcpiTablesTest {
    private final FakeGuestMemory memory = FakeGuestMemory.ofBytes(1 << 20);

    /** All tables by signature, found as a kernel finds them: RSDP, XSDT, FADT. */
    static TreeMap<String, byte[]> tables(FakeGuestMemory memory, long rsdpGpa) {
        TreeMap<String, byte[]> tables = new TreeMap<>();
        tables.put("RSDP", memory.bytes(rsdpGpa, 36));
        long xsdt = memory.loadU64(rsdpGpa + 24);
        byte[] xsdtBytes = add(tables, memory, xsdt);
        for (int at = 36; at < xsdtBytes.length; at += 8) {
            long gpa = memory.loadU64(xsdt + at);
            add(tables, memory, gpa);
            if (memory.loadU32(gpa) == 0x5043_4146) { // FACP
                assertEquals(0, memory.loadU32(gpa + 36) % 64, "alignment of the FACS");
                add(tables, memory, memory.loadU32(gpa + 36));
                assertEquals(memory.loadU32(gpa + 40), memory.loadU64(gpa + 140));
                add(tables, memory, memory.loadU64(gpa + 140));
            }
        }
        return tables;
    }

    private static byte[] add(TreeMap<String, byte[]> tables, FakeGuestMemory memory, long gpa) {
        assertTrue(gpa >= PhysicalLayout.RSDP_GPA && gpa < PhysicalLayout.ACPI_END_GPA);
        byte[] table = memory.bytes(gpa, (int) memory.loadU32(gpa + 4));
        tables.put(new String(table, 0, 4, StandardCharsets.US_ASCII), table);
        return table;
    }

    private static int sum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return sum & 0xff;
    }

    private static int u16(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
    }

    private static int u32(byte[] bytes, int at) {
        return u16(bytes, at) | u16(bytes, at + 2) << 16;
    }

    private static AcpiBoard board(int cpus, int devices) {
        List<VirtioMmioDevice> list = new ArrayList<>();
        for (int i = 0; i < devices; i++) {
            list.add(new VirtioMmioDevice(0xd000_0000L + i * 0x1000L, 0x1000, 16 + i % 8));
        }
        return new AcpiBoard(cpus, 2, true, list);
    }

    @Test
    void checksumsAreRight() {
        for (int cpus : new int[] {1, 2, 255}) {
            for (int devices : new int[] {0, 1, 5, 256}) {
                FakeGuestMemory fresh = FakeGuestMemory.ofBytes(1 << 20);
                long rsdp = AcpiTables.write(fresh, board(cpus, devices));
                assertEquals(PhysicalLayout.RSDP_GPA, rsdp);
                TreeMap<String, byte[]> tables = tables(fresh, rsdp);
                assertEquals(
                        List.of("APIC", "DSDT", "FACP", "FACS", "RSDP", "XSDT"),
                        List.copyOf(tables.keySet()));
                byte[] root = tables.remove("RSDP");
                assertEquals(0, sum(root, 20));
                assertEquals(0, sum(root, 36));
                tables.remove("FACS"); // has none
                tables.forEach((name, table) -> assertEquals(0, sum(table, table.length), name));
            }
        }
    }

    @Test
    void fadtSaysWhereTheBoardsRegistersAre() {
        byte[] fadt = tables(memory, AcpiTables.write(memory, AcpiBoard.of(1))).get("FACP");
        assertEquals(276, fadt.length);
        assertEquals(6, fadt[8]);
        assertEquals(9, u16(fadt, 46), "SCI");
        assertEquals(0x600, u32(fadt, 56));
        assertEquals(0x604, u32(fadt, 64));
        assertEquals(0x608, u32(fadt, 76));
        assertEquals(0x60c, u32(fadt, 80), "GPE0");
        assertArrayEquals(new byte[] {4, 2, 0, 4, 4}, Arrays.copyOfRange(fadt, 88, 93));
        assertEquals(7, u16(fadt, 109), "legacy devices, 8042, no VGA");
        AcpiBoard without = new AcpiBoard(1, 2, false, List.of());
        assertEquals(5, u16(tables(memory, AcpiTables.write(memory, without)).get("FACP"), 109));
        int flags = u32(fadt, 112);
        assertEquals(1 << 10, flags & 1 << 10, "reset register");
        assertEquals(0, flags & (1 << 4 | 1 << 20), "fixed power button, not hardware-reduced");
        assertEquals(1, fadt[116]);
        assertEquals(0xcf9, u32(fadt, 120));
        assertEquals(6, fadt[128]);
        assertEquals(0x600, u32(fadt, 152));
        assertEquals(0x604, u32(fadt, 176));
        assertEquals(0x608, u32(fadt, 212));
        assertEquals(32, fadt[221]);
        assertEquals(0x60c, u32(fadt, 224));
    }

    @Test
    void madtListsEveryCpuAndTheOverrides() {
        byte[] madt = tables(memory, AcpiTables.write(memory, board(3, 0))).get("APIC");
        assertEquals(0xfee0_0000, u32(madt, 36));
        List<String> entries = new ArrayList<>();
        for (int at = 44; at < madt.length; at += madt[at + 1]) {
            StringBuilder hex = new StringBuilder();
            for (int i = 0; i < madt[at + 1]; i++) {
                hex.append(String.format("%02x", madt[at + i]));
            }
            entries.add(hex.toString());
        }
        assertEquals(
                List.of(
                        "0008000001000000",
                        "0008010101000000",
                        "0008020201000000",
                        "010c00000000c0fe00000000",
                        "020a0000020000000000",
                        "020a0009090000000d00",
                        "0406ff000001"),
                entries);
        byte[] direct =
                tables(memory, AcpiTables.write(memory, new AcpiBoard(3, 0, true, List.of())))
                        .get("APIC");
        assertEquals(madt.length - 10, direct.length, "no override for IRQ 0");
    }

    @Test
    void assemblesKnownAml() {
        assertArrayEquals(new byte[] {0x0c, 0x41, (byte) 0xd0, 0x05, 0x01}, Aml.eisaId("PNP0501"));
        assertArrayEquals(new byte[] {0}, Aml.integer(0));
        assertArrayEquals(new byte[] {1}, Aml.integer(1));
        assertArrayEquals(new byte[] {0x0a, (byte) 0xff}, Aml.integer(0xff));
        assertArrayEquals(new byte[] {0x0b, 0x00, 0x01}, Aml.integer(0x100));
        assertArrayEquals(new byte[] {0x0c, 0, 0, 1, 0}, Aml.integer(0x1_0000));
        assertArrayEquals(new byte[] {0x0e, 0, 0, 0, 0, 1, 0, 0, 0}, Aml.integer(1L << 32));
        byte[] off = {0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0, 0, 0, 0};
        byte[] notify = {(byte) 0x86, '\\', 0x2e, '_', 'S', 'B', '_', 'V', 'G', 'E', 'N', 1};
        assertArrayEquals(notify, Aml.notify("_SB", "VGEN", Aml.integer(1)));
        assertArrayEquals(
                new byte[] {0x14, 0x07, '_', 'E', '0', '0', 0, 1},
                Aml.method("_E00", Aml.integer(1)));
        byte[] zero = Aml.integer(0);
        assertArrayEquals(off, Aml.named("_S5", Aml.packageOf(zero, zero, zero, zero)));
        // PkgLength takes 1, 2 or 3 bytes and counts them.
        assertArrayEquals(new byte[] {0x3f}, packageLength(62 - 4));
        assertArrayEquals(new byte[] {0x41, 0x04}, packageLength(63 - 4));
        assertArrayEquals(new byte[] {0x4f, (byte) 0xff}, packageLength(4093 - 4));
        assertArrayEquals(new byte[] {(byte) 0x81, 0x00, 0x01}, packageLength(4094 - 4));
    }

    private static byte[] packageLength(int bytesAfterName) {
        byte[] scope = Aml.scope("ABCD", new byte[bytesAfterName]);
        return Arrays.copyOfRange(scope, 1, scope.length - bytesAfterName - 4);
    }

    @Test
    void refusesImpossibleBoards() {
        assertThrows(IllegalArgumentException.class, () -> AcpiBoard.of(0));
        assertThrows(IllegalArgumentException.class, () -> AcpiBoard.of(256));
        assertThrows(IllegalArgumentException.class, () -> new AcpiBoard(1, 1, true, List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new VirtioMmioDevice(0xffff_ffffL, 0x1000, 16));
        assertThrows(
                IllegalArgumentException.class, () -> new VirtioMmioDevice(0xd000_0000L, 1, -1));
        assertThrows(IllegalArgumentException.class, () -> board(1, 257));
    }

    @Test
    void theGenerationIdIsNewEachTimeAndBehindTheTables() {
        memory.write(
                PhysicalLayout.GENERATION_ID_GPA - 8,
                java.lang.foreign.MemorySegment.ofArray(new byte[32]));
        GenerationId.renew(memory, new KernelEntropy());
        byte[] first = memory.bytes(PhysicalLayout.GENERATION_ID_GPA - 8, 32);
        GenerationId.renew(memory, new KernelEntropy());
        byte[] second = memory.bytes(PhysicalLayout.GENERATION_ID_GPA - 8, 32);
        assertEquals(8, Arrays.mismatch(first, second));
        assertEquals(0, memory.loadU64(PhysicalLayout.GENERATION_ID_GPA - 8));
        assertEquals(0, memory.loadU64(PhysicalLayout.GENERATION_ID_GPA + GenerationId.SIZE_BYTES));
        assertTrue(PhysicalLayout.GENERATION_ID_GPA >= PhysicalLayout.ACPI_END_GPA);
    }
}
