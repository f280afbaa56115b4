package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes the ACPI tables (ACPI 6.5 §5.2): RSDP, XSDT, FADT, FACS, MADT, DSDT.
 *
 * <p>They stand in RAM that e820 reserves, from {@link PhysicalLayout#RSDP_GPA} on, where a kernel
 * that was told nothing also searches.
 *
 * <p>Threading: no state.
 */
public final class AcpiTables {
    private static final int RSDP_BYTES = 36;
    private static final int RSDP_V1_BYTES = 20;
    private static final int FACS_BYTES = 64;
    private static final int ALIGNMENT = 64; // the FACS asks for it (§5.2.10)
    private static final int DSDT_REVISION = 2; // 64-bit integers

    private final GuestMemory memory;
    private long nextGpa = PhysicalLayout.RSDP_GPA + ALIGNMENT;

    private AcpiTables(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Writes all tables.
     *
     * @param memory guest memory with RAM at [0xe0000, 0x100000)
     * @param board what they describe
     * @return gpa of the RSDP
     */
    public static long write(GuestMemory memory, AcpiBoard board) {
        AcpiTables tables = new AcpiTables(memory);
        byte[] devices = Dsdt.content(board.virtioMmio());
        ByteBuffer dsdt = AcpiTable.create("DSDT", DSDT_REVISION, devices.length);
        dsdt.put(AcpiTable.HEADER_BYTES, devices);
        long dsdtGpa = tables.put(AcpiTable.seal(dsdt));
        long facsGpa = tables.put(facs());
        long fadtGpa = tables.put(Fadt.table(facsGpa, dsdtGpa, board.i8042()));
        long madtGpa = tables.put(Madt.table(board.cpus(), board.timerGsi()));
        ByteBuffer xsdt = AcpiTable.create("XSDT", 1, 2 * Long.BYTES);
        xsdt.putLong(AcpiTable.HEADER_BYTES, fadtGpa);
        xsdt.putLong(AcpiTable.HEADER_BYTES + Long.BYTES, madtGpa);
        long xsdtGpa = tables.put(AcpiTable.seal(xsdt));
        memory.write(PhysicalLayout.RSDP_GPA, MemorySegment.ofBuffer(rsdp(xsdtGpa)));
        return PhysicalLayout.RSDP_GPA;
    }

    private long put(ByteBuffer table) {
        long gpa = nextGpa;
        long endGpa = gpa + table.capacity();
        if (endGpa > PhysicalLayout.ACPI_END_GPA) {
            throw new IllegalStateException(
                    "ACPI tables do not fit below 1 MiB: end=0x" + Long.toHexString(endGpa));
        }
        memory.write(gpa, MemorySegment.ofBuffer(table.clear()));
        nextGpa = endGpa + ALIGNMENT - 1 & -ALIGNMENT;
        return gpa;
    }

    /** Root pointer, revision 2 (§5.2.5.3): 20 bytes of ACPI 1.0, then the XSDT's address. */
    private static ByteBuffer rsdp(long xsdtGpa) {
        ByteBuffer rsdp = ByteBuffer.allocate(RSDP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        AcpiTable.ascii(rsdp, 0, "RSD PTR ");
        AcpiTable.ascii(rsdp, 9, AcpiTable.OEM_ID);
        rsdp.put(15, (byte) 2);
        rsdp.putInt(20, RSDP_BYTES);
        rsdp.putLong(24, xsdtGpa);
        rsdp.put(8, AcpiTable.checksum(rsdp, RSDP_V1_BYTES));
        rsdp.put(32, AcpiTable.checksum(rsdp, RSDP_BYTES));
        return rsdp;
    }

    /** Firmware control structure, version 2: no common header, no checksum (§5.2.10). */
    private static ByteBuffer facs() {
        ByteBuffer facs = ByteBuffer.allocate(FACS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        AcpiTable.ascii(facs, 0, "FACS");
        facs.putInt(4, FACS_BYTES);
        facs.put(32, (byte) 2);
        return facs;
    }
}
