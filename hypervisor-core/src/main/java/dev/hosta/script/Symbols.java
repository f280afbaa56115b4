package dev.hosta.script;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
    public static final Symbols NONE = new Symbols(new byte[0]);

    private static final long MAX_BYTES = 1L << 30;
    private static final long FARTHEST = 1 << 20;
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int SYMTAB = 2;
    private static final int SECTION_BYTES = 64;
    private static final int SYMBOL_BYTES = 24;
    private static final int MOST_NAME_BYTES = 512;

    private static final int MOST_DIGITS = 16;

    private final ByteBuffer file;

    private Symbols(byte[] bytes) {
        this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads names.
     *
     * @param file an ELF64 file, or lines of address, kind and name; anything else has no names
     * @throws IOException where it cannot be read
     */
    public static Symbols read(Path file) throws IOException {
        return Files.size(file) > MAX_BYTES ? NONE : new Symbols(Files.readAllBytes(file));
    }

    /** The nearest symbol at or below an address, so far. */
    private static final class Nearest {
        private final long address;
        private boolean found;
        private long at;
        private int nameFrom;
        private int nameEnd;

        Nearest(long address) {
            this.address = address;
        }

        /** A symbol, and where in the file its name can stand. */
        void see(long symbol, int from, int end) {
            boolean below = Long.compareUnsigned(symbol, address) <= 0;
            if (below && (!found || Long.compareUnsigned(symbol, at) > 0)) {
                found = true;
                at = symbol;
                nameFrom = from;
                nameEnd = end;
            }
        }
    }

    /** Looks at every line; no more of a file is needed than one address or two. */
    private void searchMap(Nearest nearest) {
        int at = 0;
        while (at < file.capacity()) {
            long address = 0;
            int digits = 0;
            while (at < file.capacity() && digits <= MOST_DIGITS) {
                int digit = Character.digit(file.get(at), 16);
                if (digit < 0) {
                    break;
                }
                address = address << 4 | digit;
                digits++;
                at++;
            }
            int end = at;
            while (end < file.capacity() && file.get(end) != '\n') {
                end++;
            }
            // A blank, the kind, a blank, the name.
            boolean right = digits > 0 && digits <= MOST_DIGITS && end - at > 3;
            if (right && file.get(at) == ' ' && file.get(at + 2) == ' ') {
                nearest.see(address, at + 3, end);
            }
            at = end + 1;
        }
    }

    private void searchElf(Nearest nearest) {
        long sections = file.getLong(0x28);
        int sectionBytes = file.getShort(0x3a) & 0xffff;
        int count = file.getShort(0x3c) & 0xffff;
        if (sectionBytes != SECTION_BYTES || !fits(sections, (long) count * SECTION_BYTES)) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int at = (int) sections + i * SECTION_BYTES;
            int link = file.getInt(at + 0x28);
            if (file.getInt(at + 4) == SYMTAB && link >= 0 && link < count) {
                searchTable(at, (int) sections + link * SECTION_BYTES, nearest);
            }
        }
    }

    private void searchTable(int table, int strings, Nearest nearest) {
        long from = file.getLong(table + 0x18);
        long size = file.getLong(table + 0x20);
        long text = file.getLong(strings + 0x18);
        long textBytes = file.getLong(strings + 0x20);
        if (!fits(from, size) || !fits(text, textBytes)) {
            return;
        }
        for (int at = (int) from; at + SYMBOL_BYTES <= from + size; at += SYMBOL_BYTES) {
            long name = Integer.toUnsignedLong(file.getInt(at));
            long address = file.getLong(at + 8);
            int kind = file.get(at + 4) & 0xf;
            // Functions, and what assembler code does not say the kind of.
            if ((kind == 0 || kind == 2) && address != 0 && name > 0 && name < textBytes) {
                nearest.see(address, (int) (text + name), (int) (text + textBytes));
            }
        }
    }

    private String string(int from, int end) {
        int to = from;
        while (to < end && to - from < MOST_NAME_BYTES && file.get(to) > ' ') {
            to++;
        }
        byte[] bytes = new byte[to - from];
        file.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
    }

    private boolean fits(long from, long size) {
        return from >= 0 && size >= 0 && from <= file.capacity() - size;
    }

    /**
     * The name of an address.
     *
     * @return such as {@code panic+0x1f}; empty where no symbol is near below
     */
    public String name(long address) {
        Nearest nearest = new Nearest(address);
        if (file.capacity() >= SECTION_BYTES && file.getInt(0) == ELF_MAGIC && file.get(4) == 2) {
            searchElf(nearest);
        } else if (file.capacity() > 0 && Character.digit(file.get(0), 16) >= 0) {
            searchMap(nearest);
        }
        if (!nearest.found || address - nearest.at > FARTHEST) {
            return "";
        }
        String name = string(nearest.nameFrom, nearest.nameEnd);
        return name.isEmpty() ? "" : name + "+0x" + Long.toHexString(address - nearest.at);
    }
}
