package dev.hosta.memory;

/**
 * One entry that a walk of the guest's page tables went through, as the guest left it.
 *
 * @param level 5 (PML5E) down to 1 (PTE)
 * @param tableGpa gpa of the table that it stands in
 * @param index its number in that table, 0..511 (0..1023 in 32-bit paging)
 * @param value its raw value; 32 bits in 32-bit paging
 */
public record PageTableEntry(int level, long tableGpa, int index, long value) {
    private static final String[] NAMES = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    private static final long PRESENT = 1;
    private static final long WRITABLE = 1L << 1;
    private static final long USER = 1L << 2;
    private static final long ACCESSED = 1L << 5;
    private static final long DIRTY = 1L << 6;
    private static final long LARGE = 1L << 7;
    private static final long GLOBAL = 1L << 8;
    private static final long NO_EXECUTE = 1L << 63;

    /** The manuals' name of its kind: {@code PML4E}. */
    public String name() {
        return NAMES[level - 1];
    }

    /** Bit 0. */
    public boolean present() {
        return (value & PRESENT) != 0;
    }

    /** Bit 1, R/W. */
    public boolean writable() {
        return (value & WRITABLE) != 0;
    }

    /** Bit 2, U/S. */
    public boolean user() {
        return (value & USER) != 0;
    }

    /** Bit 5: the CPU used it. */
    public boolean accessed() {
        return (value & ACCESSED) != 0;
    }

    /** Bit 6: the CPU wrote the page; means something only where the entry maps one. */
    public boolean dirty() {
        return (value & DIRTY) != 0;
    }

    /** Bit 7, PS (in a PTE: PAT). */
    public boolean large() {
        return (value & LARGE) != 0;
    }

    /** Bit 63, XD. */
    public boolean noExecute() {
        return (value & NO_EXECUTE) != 0;
    }

    /** One line: {@code PML4E [511] at 0x1ff8 = 0x2023 P W - A - - -}. */
    @Override
    public String toString() {
        return String.format(
                "%-5s table 0x%x [%d] = 0x%016x  %s%s%s%s%s%s%s%s",
                name(),
                tableGpa,
                index,
                value,
                present() ? "P" : "-",
                writable() ? "W" : "-",
                user() ? "U" : "-",
                accessed() ? "A" : "-",
                dirty() ? "D" : "-",
                large() ? (level == 1 ? "p" : "L") : "-",
                (value & GLOBAL) != 0 ? "G" : "-",
                noExecute() ? "X" : "-");
    }
}
