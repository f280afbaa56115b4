package dev.hosta.boot;

import java.util.ArrayList;
import java.util.List;

/**
 * The guest's physical memory map, as firmware tells it to a kernel: ascending, disjoint ranges.
 *
 * <p>Source: ACPI 6.5 §15, Documentation/arch/x86/zero-page.rst.
 *
 * @param entries the ranges, ascending
 */
public record E820(List<Entry> entries) {
    /** Range type: usable RAM. */
    public static final int RAM = 1;

    /** Range type: not for the kernel's use. */
    public static final int RESERVED = 2;

    /** Most entries that {@code boot_params.e820_table} can hold. */
    public static final int MAX_ENTRIES = 128;

    /** Most RAM in bytes that the map describes: 64 TiB, within 46 physical address bits. */
    public static final long MAX_RAM_BYTES = 1L << 46;

    /**
     * One range.
     *
     * @param gpa first byte
     * @param sizeBytes size in bytes, 1 or more
     * @param type {@link #RAM} or {@link #RESERVED}
     */
    public record Entry(long gpa, long sizeBytes, int type) {
        /** First byte after the range. */
        public long endGpa() {
            return gpa + sizeBytes;
        }
    }

    /** Copies the list. */
    public E820 {
        entries = List.copyOf(entries);
        if (entries.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "Memory map has too many entries: " + entries.size());
        }
        long end = 0;
        for (Entry entry : entries) {
            if (entry.gpa() < end || entry.sizeBytes() <= 0 || entry.endGpa() < entry.gpa()) {
                throw new IllegalArgumentException("Memory map is not ascending at " + entry);
            }
            end = entry.endGpa();
        }
    }

    /**
     * The map of a PC with that much RAM: see {@link PhysicalLayout}.
     *
     * @param ramBytes all RAM in bytes, {@link PhysicalLayout#MIN_RAM_BYTES}..{@link
     *     #MAX_RAM_BYTES}; RAM that does not fit below the hole continues at 4 GiB
     * @return the map
     * @throws IllegalArgumentException if the size is outside these limits
     */
    public static E820 forRam(long ramBytes) {
        if (ramBytes < PhysicalLayout.MIN_RAM_BYTES || ramBytes > MAX_RAM_BYTES) {
            throw new IllegalArgumentException("RAM must be 1 MiB to 64 TiB: ramBytes=" + ramBytes);
        }
        long lowEnd = Math.min(ramBytes, PhysicalLayout.LOW_RAM_END_GPA);
        List<Entry> entries = new ArrayList<>(5);
        entries.add(new Entry(0, PhysicalLayout.EBDA_GPA, RAM));
        add(entries, PhysicalLayout.EBDA_GPA, PhysicalLayout.HIGH_MEMORY_GPA, RESERVED);
        if (lowEnd > PhysicalLayout.HIGH_MEMORY_GPA) {
            add(entries, PhysicalLayout.HIGH_MEMORY_GPA, lowEnd, RAM);
        }
        add(
                entries,
                PhysicalLayout.KVM_IDENTITY_MAP_GPA,
                PhysicalLayout.KVM_PAGES_END_GPA,
                RESERVED);
        if (ramBytes > lowEnd) {
            long start = PhysicalLayout.RAM_ABOVE_HOLE_GPA;
            add(entries, start, start + (ramBytes - lowEnd), RAM);
        }
        return new E820(entries);
    }

    /**
     * Whether a range lies wholly in one range of usable RAM.
     *
     * @param gpa first byte; any value
     * @param sizeBytes size in bytes; any value, a negative one is never RAM
     * @return true if all of it is RAM
     */
    public boolean isRam(long gpa, long sizeBytes) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.type() == RAM
                    && gpa >= entry.gpa()
                    && sizeBytes >= 0
                    && sizeBytes <= entry.sizeBytes()
                    && gpa - entry.gpa() <= entry.sizeBytes() - sizeBytes) {
                return true;
            }
        }
        return false;
    }

    /** All usable RAM in bytes. */
    public long ramBytes() {
        long sum = 0;
        for (int i = 0; i < entries.size(); i++) {
            sum += entries.get(i).type() == RAM ? entries.get(i).sizeBytes() : 0;
        }
        return sum;
    }

    private static void add(List<Entry> entries, long gpa, long endGpa, int type) {
        entries.add(new Entry(gpa, endGpa - gpa, type));
    }
}
