package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

class SymbolsTest {
    @TempDir Path folder;

    private Symbols read(byte[] bytes) throws IOException {
        return Symbols.read(Files.write(folder.resolve("symbols"), bytes));
    }

    /** An ELF64 file of two sections: a symbol table with one function, and its names. */
    private static ByteBuffer elf() {
        ByteBuffer elf = ByteBuffer.allocate(400).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2);
        elf.putLong(0x28, 64).putShort(0x3a, (short) 64).putShort(0x3c, (short) 2);
        elf.putInt(64 + 4, 2).putLong(64 + 0x18, 192).putLong(64 + 0x20, 48).putInt(64 + 0x28, 1);
        elf.putInt(128 + 4, 3).putLong(128 + 0x18, 300).putLong(128 + 0x20, 10);
        elf.putInt(192 + 24, 1)
                .put(192 + 28, (byte) 0x12)
                .putLong(192 + 32, 0xffff_ffff_8100_0000L);
        elf.put(301, "panic\0".getBytes(StandardCharsets.US_ASCII));
        return elf;
    }

    @Test
    void readsAMap() throws IOException {
        Symbols map =
                read(
                        "0000000000001000 T low\nffffffff81000000 T _text\nnonsense\n"
                                .getBytes(StandardCharsets.US_ASCII));
        assertEquals("low+0x0", map.name(0x1000));
        assertEquals("low+0x1f", map.name(0x101f));
        assertEquals("_text+0x10", map.name(0xffff_ffff_8100_0010L));
        assertEquals("", map.name(0xfff));
        assertEquals("", map.name(0x8000_0000L), "too far from any");
    }

    @Test
    void readsAnElfFile() throws IOException {
        assertEquals("panic+0x4", read(elf().array()).name(0xffff_ffff_8100_0004L));
    }

    @Test
    void whatIsBrokenHasNoNames() throws IOException {
        byte[] good = elf().array();
        Random random = new Random(1);
        for (int round = 0; round < 3000; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i < 4; i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            assertTrue(read(bad).name(0x1234).length() < 1000);
        }
        for (int length = 0; length < good.length; length += 7) {
            read(java.util.Arrays.copyOf(good, length)).name(0);
        }
        assertEquals("", read(new byte[0]).name(0));
    }
}
