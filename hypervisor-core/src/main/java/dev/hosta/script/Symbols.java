package dev.hosta.script;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names of a kernel's addresses, from its ELF file's symbol table or its {@code System.map}.
 *
 * <p>A kernel that moves itself at its start (KASLR) is elsewhere than its file says; such
 * addresses have no name, or a wrong one, unless it is told {@code nokaslr}.
 *
 * <p>Source: System V ABI, chapter 4, symbol table; nm's output. Threading: immutable once made.
 */
public final class Symbols {
    /** No names. */
    public static final Symbols NONE = new Symbols(new TreeMap<>());

    private static final long MAX_BYTES = 1L << 30;
    private static final long FARTHEST = 1 << 20;
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int SYMTAB = 2;
    private static final int SECTION_BYTES = 64;
    private static final int SYMBOL_BYTES = 24;
    private static final int MOST_NAME_BYTES = 512;

    private final TreeMap<Long, String> names;

    private Symbols(TreeMap<Long, String> names) {
        this.names = names;
    }

    /**
     * Reads names.
     *
     * @param file an ELF64 file, or lines of address, kind and name; anything else has no names
     * @throws IOException where it cannot be read
     */
    public static Symbols read(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            return NONE;
        }
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        TreeMap<Long, String> names = new TreeMap<>(Long::compareUnsigned);
        if (bytes.length >= 64 && buffer.getInt(0) == ELF_MAGIC && bytes[4] == 2) {
            readElf(buffer, names);
        } else if (bytes.length > 0 && Character.digit(bytes[0], 16) >= 0) {
            new String(bytes, StandardCharsets.ISO_8859_1)
                    .lines()
                    .forEach(line -> readLine(line, names));
        }
        return new Symbols(names);
    }

    private static void readLine(String line, Map<Long, String> names) {
        String[] words = line.split(" ", 4);
        if (words.length < 3 || !words[0].matches("[0-9a-f]{1,16}") || words[2].isEmpty()) {
            return;
        }
        names.putIfAbsent(Long.parseUnsignedLong(words[0], 16), words[2]);
    }

    private static void readElf(ByteBuffer elf, Map<Long, String> names) {
        long sections = elf.getLong(0x28);
        int sectionBytes = elf.getShort(0x3a) & 0xffff;
        int count = elf.getShort(0x3c) & 0xffff;
        if (sectionBytes != SECTION_BYTES || !fits(elf, sections, (long) count * SECTION_BYTES)) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int at = (int) sections + i * SECTION_BYTES;
            int link = elf.getInt(at + 0x28);
            if (elf.getInt(at + 4) == SYMTAB && link >= 0 && link < count) {
                readTable(elf, at, (int) sections + link * SECTION_BYTES, names);
            }
        }
    }

    private static void readTable(ByteBuffer elf, int table, int strings, Map<Long, String> names) {
        long from = elf.getLong(table + 0x18);
        long size = elf.getLong(table + 0x20);
        long text = elf.getLong(strings + 0x18);
        long textBytes = elf.getLong(strings + 0x20);
        if (!fits(elf, from, size) || !fits(elf, text, textBytes)) {
            return;
        }
        for (int at = (int) from; at + SYMBOL_BYTES <= from + size; at += SYMBOL_BYTES) {
            long name = Integer.toUnsignedLong(elf.getInt(at));
            long address = elf.getLong(at + 8);
            int kind = elf.get(at + 4) & 0xf;
            // Functions, and what assembler code does not say the kind of.
            if ((kind == 0 || kind == 2) && address != 0 && name > 0 && name < textBytes) {
                String read = string(elf, (int) (text + name), (int) (text + textBytes));
                if (!read.isEmpty()) {
                    names.putIfAbsent(address, read);
                }
            }
        }
    }

    private static String string(ByteBuffer elf, int from, int end) {
        int to = from;
        while (to < end && to - from < MOST_NAME_BYTES && elf.get(to) != 0) {
            to++;
        }
        byte[] bytes = new byte[to - from];
        elf.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
    }

    private static boolean fits(ByteBuffer elf, long from, long size) {
        return from >= 0 && size >= 0 && from <= elf.capacity() - size;
    }

    /**
     * The name of an address.
     *
     * @return such as {@code panic+0x1f}; empty where no symbol is near below
     */
    public String name(long address) {
        Map.Entry<Long, String> below = names.floorEntry(address);
        if (below == null || address - below.getKey() > FARTHEST) {
            return "";
        }
        return below.getValue() + "+0x" + Long.toHexString(address - below.getKey());
    }
}
