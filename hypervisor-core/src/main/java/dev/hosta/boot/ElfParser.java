package dev.hosta.boot;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads the headers of an ELF kernel. Every number in them is the image's and may be anything.
 *
 * <p>Source: System V ABI, chapter 4 and 5; Xen's elfnote.h for the PVH note.
 */
final class ElfParser {
    private static final int CLASS_32 = 1;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int TYPE_EXECUTABLE = 2;
    private static final int MACHINE_386 = 3;
    private static final int MACHINE_X86_64 = 62;
    private static final int HEADER_BYTES_32 = 52;
    private static final int HEADER_BYTES_64 = 64;
    private static final int PROGRAM_HEADER_BYTES_32 = 32;
    private static final int PROGRAM_HEADER_BYTES_64 = 56;
    private static final int MAX_PROGRAM_HEADERS = 512;
    private static final int LOAD = 1;
    private static final int INTERPRETER = 3;
    private static final int NOTE = 4;
    private static final int MAX_NOTE_BYTES = 1 << 20;
    private static final int NOTE_HEADER_BYTES = 12;
    private static final int NAME_XEN = 0x006e_6558;
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    private final ImageFile file;
    private final boolean is64;
    private ElfLayout.Segment[] segments = new ElfLayout.Segment[8];
    private int segmentCount;
    private long pvhEntry = -1;

    private ElfParser(ImageFile file, boolean is64) {
        this.file = file;
        this.is64 = is64;
    }

    /**
     * Parses an ELF file.
     *
     * @param file the file
     * @param head its first bytes, an ELF identification among them
     * @throws ImageException if it is not a kernel that can be booted
     */
    static ElfLayout parse(ImageFile file, ByteBuffer head) {
        if (head.limit() < HEADER_BYTES_32) {
            throw file.invalid("its ELF header is cut short. The file is truncated");
        }
        int elfClass = head.get(4) & 0xff;
        int machine = head.getShort(18) & 0xffff;
        if ((head.get(5) & 0xff) != LITTLE_ENDIAN) {
            machine = Short.reverseBytes((short) machine) & 0xffff;
        }
        if (elfClass != CLASS_32 && elfClass != CLASS_64) {
            throw file.invalid("its ELF class " + elfClass + " is unknown. The file is damaged");
        }
        boolean is64 = elfClass == CLASS_64;
        if (machine != (is64 ? MACHINE_X86_64 : MACHINE_386)) {
            throw file.invalid(
                    "it is an ELF file for "
                            + ForeignImage.elfMachine(machine)
                            + ". Use a kernel for x86-64");
        }
        if ((head.get(5) & 0xff) != LITTLE_ENDIAN) {
            throw file.invalid("it is a big-endian ELF file. The file is damaged");
        }
        int type = head.getShort(16) & 0xffff;
        if (type != TYPE_EXECUTABLE) {
            throw file.invalid(
                    "it is "
                            + ForeignImage.elfType(type)
                            + ", not an executable. Name a kernel (vmlinux)");
        }
        if (is64 && head.limit() < HEADER_BYTES_64) {
            throw file.invalid("its ELF header is cut short. The file is truncated");
        }
        return new ElfParser(file, is64).parse(head);
    }

    private ElfLayout parse(ByteBuffer head) {
        long entry = is64 ? head.getLong(24) : u32(head, 24);
        long tableOffset = is64 ? head.getLong(32) : u32(head, 28);
        int entryBytes = head.getShort(is64 ? 54 : 42) & 0xffff;
        int count = head.getShort(is64 ? 56 : 44) & 0xffff;
        if (count == 0 || count > MAX_PROGRAM_HEADERS) {
            throw file.invalid(
                    "it has "
                            + count
                            + " program headers, a kernel has 1 to "
                            + MAX_PROGRAM_HEADERS);
        }
        int expectedBytes = is64 ? PROGRAM_HEADER_BYTES_64 : PROGRAM_HEADER_BYTES_32;
        if (entryBytes != expectedBytes) {
            throw file.invalid(
                    "its program headers have "
                            + entryBytes
                            + " bytes each instead of "
                            + expectedBytes
                            + ". The file is damaged");
        }
        ByteBuffer table = file.bytes(tableOffset, count * entryBytes, "program header table");
        for (int i = 0; i < count; i++) {
            programHeader(table, i * entryBytes);
        }
        if (segmentCount == 0) {
            throw file.invalid("it has nothing to load. Name a kernel (vmlinux)");
        }
        segments = Arrays.copyOf(segments, segmentCount);
        boolean pvh = pvhEntry >= 0;
        if (!pvh && !is64) {
            throw file.invalid(
                    "it is a 32-bit ELF file without the PVH entry note."
                            + " Add XEN_ELFNOTE_PHYS32_ENTRY or use a 64-bit kernel");
        }
        long entryGpa = pvh ? pvhEntry : entry;
        checkEntry(entryGpa);
        return new ElfLayout(is64, pvh, entryGpa, segments);
    }

    private void programHeader(ByteBuffer table, int at) {
        int type = table.getInt(at);
        long offset = is64 ? table.getLong(at + 8) : u32(table, at + 4);
        long gpa = is64 ? table.getLong(at + 24) : u32(table, at + 12);
        long fileBytes = is64 ? table.getLong(at + 32) : u32(table, at + 16);
        long memoryBytes = is64 ? table.getLong(at + 40) : u32(table, at + 20);
        long alignment = is64 ? table.getLong(at + 48) : u32(table, at + 28);
        if (type == INTERPRETER) {
            throw file.invalid("it is a dynamically linked program, not a kernel");
        }
        if (type == NOTE) {
            notes(offset, fileBytes, alignment == 8 ? 8 : 4);
        }
        if (type == LOAD && memoryBytes != 0) {
            load(offset, gpa, fileBytes, memoryBytes);
        }
    }

    private void load(long offset, long gpa, long fileBytes, long memoryBytes) {
        if (fileBytes < 0 || memoryBytes < 0 || fileBytes > memoryBytes) {
            throw file.invalid(
                    "a segment has "
                            + Long.toUnsignedString(fileBytes)
                            + " bytes in the file and "
                            + Long.toUnsignedString(memoryBytes)
                            + " in memory. The file is damaged");
        }
        if (offset < 0 || offset > file.sizeBytes() || fileBytes > file.sizeBytes() - offset) {
            throw file.invalid(
                    "a segment of "
                            + fileBytes
                            + " bytes at offset "
                            + Long.toUnsignedString(offset)
                            + " ends after the file's "
                            + file.sizeBytes()
                            + " bytes. The file is truncated or damaged");
        }
        if (gpa < 0 || gpa + memoryBytes < 0) {
            throw file.invalid(
                    "a segment's physical address 0x"
                            + Long.toHexString(gpa)
                            + " is beyond any memory. The file is damaged or not a kernel");
        }
        Extent extent = new Extent(gpa, gpa + memoryBytes);
        for (int i = 0; i < segmentCount; i++) {
            Extent other = segments[i].extent();
            if (other.overlaps(extent.gpa(), extent.endGpa())) {
                throw file.invalid(
                        "its segments "
                                + other.hex()
                                + " and "
                                + extent.hex()
                                + " overlap. The file is damaged");
            }
        }
        if (segmentCount == segments.length) {
            segments = Arrays.copyOf(segments, 2 * segmentCount);
        }
        segments[segmentCount++] = new ElfLayout.Segment(extent, offset, fileBytes);
    }

    /** Looks for the PVH note; the first one counts. */
    private void notes(long offset, long lengthBytes, int alignment) {
        if (lengthBytes < 0 || lengthBytes > MAX_NOTE_BYTES) {
            throw file.invalid(
                    "its notes have "
                            + Long.toUnsignedString(lengthBytes)
                            + " bytes, more than a kernel's. The file is damaged");
        }
        ByteBuffer notes = file.bytes(offset, (int) lengthBytes, "note segment");
        long at = 0;
        while (at + NOTE_HEADER_BYTES <= lengthBytes) {
            long nameBytes = u32(notes, (int) at);
            long valueBytes = u32(notes, (int) at + 4);
            int type = notes.getInt((int) at + 8);
            long name = at + NOTE_HEADER_BYTES;
            long value = alignUp(name + nameBytes, alignment);
            long end = value + valueBytes;
            if (end > lengthBytes) {
                throw file.invalid("a note ends after its segment. The file is damaged");
            }
            if (type == XEN_ELFNOTE_PHYS32_ENTRY
                    && nameBytes == 4
                    && notes.getInt((int) name) == NAME_XEN
                    && pvhEntry < 0) {
                pvhEntry = pvhEntry(notes, (int) value, valueBytes);
            }
            at = alignUp(end, alignment);
        }
    }

    private long pvhEntry(ByteBuffer notes, int at, long valueBytes) {
        if (valueBytes != 4 && valueBytes != 8) {
            throw file.invalid(
                    "its PVH entry note has "
                            + valueBytes
                            + " bytes instead of 4 or 8. The file is damaged");
        }
        long entry = valueBytes == 4 ? u32(notes, at) : notes.getLong(at);
        if (entry >>> 32 != 0) {
            throw file.invalid(
                    "its PVH entry 0x"
                            + Long.toHexString(entry)
                            + " is not a 32-bit address. The file is damaged");
        }
        return entry;
    }

    private void checkEntry(long entryGpa) {
        for (ElfLayout.Segment segment : segments) {
            if (segment.extent().overlaps(entryGpa, entryGpa + 1)) {
                return;
            }
        }
        throw file.invalid(
                "its entry point 0x"
                        + Long.toHexString(entryGpa)
                        + " lies in none of its segments' physical addresses."
                        + " It is damaged or not a kernel");
    }

    private static long alignUp(long value, int alignment) {
        return value + alignment - 1 & -alignment;
    }

    private static long u32(ByteBuffer bytes, int offset) {
        return Integer.toUnsignedLong(bytes.getInt(offset));
    }
}
