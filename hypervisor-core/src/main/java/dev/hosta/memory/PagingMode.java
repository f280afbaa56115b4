package dev.hosta.memory;

/**
 * How a vCPU translates linear addresses, by its control registers (Intel SDM vol. 3A, "Paging
 * Modes and Control Bits").
 */
public enum PagingMode {
    /** CR0.PG = 0: linear addresses are physical addresses. */
    NONE("no paging", 0, 0, 32),
    /** 32-bit paging: 1024 entries of 4 bytes a table, pages of 4K and, with CR4.PSE, 4M. */
    LEGACY_32("32-bit", 2, 4, 32),
    /** PAE paging: four pointers, then 512 entries of 8 bytes a table, pages of 4K and 2M. */
    PAE("PAE", 3, 8, 32),
    /** 4-level paging (EFER.LMA): pages of 4K, 2M and 1G. */
    LEVEL_4("4-level", 4, 8, 48),
    /** 5-level paging (EFER.LMA and CR4.LA57): pages of 4K, 2M and 1G. */
    LEVEL_5("5-level", 5, 8, 57);

    private final String text;
    private final int levels;
    private final int entryBytes;
    private final int linearBits;

    PagingMode(String text, int levels, int entryBytes, int linearBits) {
        this.text = text;
        this.levels = levels;
        this.entryBytes = entryBytes;
        this.linearBits = linearBits;
    }

    /** Number of tables on the way to a 4K page; 0 without paging. */
    public int levels() {
        return levels;
    }

    /** Bytes an entry: 4 or 8; 0 without paging. */
    int entryBytes() {
        return entryBytes;
    }

    /** How many bits of a linear address are translated. */
    public int linearBits() {
        return linearBits;
    }

    /** Whether linear addresses have 64 bits, of which the upper ones repeat the highest. */
    boolean isLong() {
        return levels >= 4;
    }

    /** How people call it: {@code 4-level}. */
    @Override
    public String toString() {
        return text;
    }
}
