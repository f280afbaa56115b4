package dev.hosta.memory;

import java.util.List;

/**
 * Where RAM stands in the physical address space of a PC: from 0 up to the hole below 4 GiB, and
 * the rest from 4 GiB on.
 *
 * <pre>
 *  gpa                           what                      offset in RAM
 *  [0, min(size, 3 GiB))         RAM                       0
 *  [0xc000_0000, 0x1_0000_0000)  hole: device registers    -
 *  [4 GiB, 1 GiB + size)         RAM, if size &gt; 3 GiB  3 GiB
 * </pre>
 *
 * <p>Both parts start at a multiple of 1 GiB in gpa and in offset, so that 1G leaves fit.
 */
public final class PcRamLayout {
    /** First gpa that is never RAM below 4 GiB. */
    public static final long HOLE_GPA = 0xc000_0000L;

    /** First gpa after the hole. */
    public static final long HIGH_GPA = 0x1_0000_0000L;

    private PcRamLayout() {}

    /**
     * One part of RAM.
     *
     * @param range where the guest sees it
     * @param offset where it stands in the RAM file, in bytes
     */
    public record Part(GpaRange range, long offset) {}

    /**
     * The parts of {@code sizeBytes} of RAM, by gpa: one or two.
     *
     * @param sizeBytes a multiple of 4 KiB, at least 4 KiB
     */
    public static List<Part> of(long sizeBytes) {
        if (sizeBytes <= HOLE_GPA) {
            return List.of(new Part(new GpaRange(0, sizeBytes), 0));
        }
        return List.of(
                new Part(new GpaRange(0, HOLE_GPA), 0),
                new Part(new GpaRange(HIGH_GPA, sizeBytes - HOLE_GPA), HOLE_GPA));
    }
}
