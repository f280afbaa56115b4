package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What ACPICA's own compiler, iasl, thinks of the tables. */
class AcpiDisassemblyTest {
    @TempDir Path directory;

    @Test
    void iaslTakesEveryTableApartAndTheDsdtTogetherAgain() throws Exception {
        boolean present = true;
        try {
            run("iasl", "-v");
        } catch (IOException e) {
            present = false;
            System.out.println("Skipped: iasl is not installed (Debian: acpica-tools)");
        }
        assumeTrue(present, "iasl is not installed");

        FakeGuestMemory memory = FakeGuestMemory.ofBytes(1 << 20);
        List<VirtioMmioDevice> devices = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            devices.add(new VirtioMmioDevice(0xd000_0000L + i * 0x1000L, 0x1000, 16 + i % 8));
        }
        long rsdp = AcpiTables.write(memory, new AcpiBoard(4, 2, true, devices));
        for (Map.Entry<String, byte[]> table : AcpiTablesTest.tables(memory, rsdp).entrySet()) {
            String name = table.getKey();
            if (name.equals("RSDP")) {
                continue; // a pointer, no table: iasl does not take it
            }
            Files.write(directory.resolve(name + ".aml"), table.getValue());
            String output = run("iasl", "-d", name + ".aml");
            assertFalse(output.contains("rror"), output);
            assertFalse(output.contains("Warning"), output);
            String source = Files.readString(directory.resolve(name + ".dsl"));
            assertFalse(source.contains("Incorrect checksum"), source);
            assertFalse(source.contains("Invalid"), source);
        }

        String dsdt = Files.readString(directory.resolve("DSDT.dsl"));
        for (String part :
                new String[] {
                    "EisaId (\"PNP0501\")",
                    "EisaId (\"PNP0B00\")",
                    "\"LNRO0005\"",
                    "\"QEMU0001\"",
                    "0x0505,             // Range Minimum",
                    "Device (VR27)",
                    "\"VM_Gen_Counter\"",
                    "Method (_E00, 0, NotSerialized)",
                    "Notify (\\_SB.VGEN, 0x80)",
                    "Name (_S5, Package (0x04)",
                    "Interrupt (ResourceConsumer, Edge, ActiveHigh, Shared",
                    "0xD0027000",
                    "0x03F8,             // Range Minimum"
                }) {
            assertTrue(dsdt.contains(part), part + " is not in\n" + dsdt);
        }
        String compiled = run("iasl", "-p", "again", "DSDT.dsl");
        assertTrue(compiled.contains("0 Errors, 0 Warnings"), compiled);
        byte[] again = Files.readAllBytes(directory.resolve("again.aml"));
        byte[] ours = Files.readAllBytes(directory.resolve("DSDT.aml"));
        // The content is the same byte for byte; the header names the compiler.
        assertEquals(-1, Arrays.mismatch(tail(ours), tail(again)));
    }

    private static byte[] tail(byte[] table) {
        return Arrays.copyOfRange(table, 36, table.length);
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .start();
        byte[] output = process.getInputStream().readAllBytes();
        String text = new String(output, StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text;
    }
}
