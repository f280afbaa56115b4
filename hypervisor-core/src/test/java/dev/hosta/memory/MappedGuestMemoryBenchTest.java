package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.HugePages;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * What an access by gpa costs, beside the same access without a lookup. The gpas lie in 32 pages
 * below the hole and 32 above it, in turns: few enough for the caches and the TLB, so that the
 * figures are those of the code. Each operation has a loop of its own, compiled by itself; figures
 * are the least and the median of rounds after warm-up, the loop included ("nothing").
 */
@Tag("bench")
class MappedGuestMemoryBenchTest {
    private static final int GPAS = 1 << 10;
    private static final int OPERATIONS = 1 << 18;
    private static final int WARM_UP_ROUNDS = 40;
    private static final int ROUNDS = 201;
    private static final long RAM_BYTES = 5L << 30;

    private static long sink;

    private final long[] gpas = new long[GPAS];

    /** One measured loop: {@link #OPERATIONS} operations over the gpas. */
    @FunctionalInterface
    private interface Loop {
        long run();
    }

    private void chooseGpas() {
        for (int i = 0; i < GPAS; i++) {
            long base = (i & 1) == 0 ? 0x10_0000 : PcRamLayout.HIGH_GPA;
            gpas[i] = base + (i * 37 / 2 % 32) * 4096L + i * 8 % 4096;
        }
    }

    /** Prints the figures and returns the least. */
    private static double report(String what, Loop loop) {
        double[] rounds = new double[ROUNDS];
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            sink += loop.run();
            long nanos = System.nanoTime() - begin;
            if (round >= 0) {
                rounds[round] = (double) nanos / OPERATIONS;
            }
        }
        Arrays.sort(rounds);
        System.out.printf(
                "bench memory: %-32s least %6.2f ns, median %6.2f ns%n",
                what, rounds[0], rounds[ROUNDS / 2]);
        return rounds[0];
    }

    private long gpa(int i) {
        return gpas[i & (GPAS - 1)];
    }

    @Test
    void accessByGpa() {
        chooseGpas();
        StageTwoMap map = new StageTwoMap((slot, flags, gpa, sizeBytes, hva) -> {});
        try (GuestRam ram = GuestRam.create(RAM_BYTES, HugePages.NONE, false)) {
            ram.mapInto(map);
            MappedGuestMemory memory = new MappedGuestMemory(map);
            loads(map, memory, ram.area().segment());
            stores(memory);
            report(
                    "stage two, translate",
                    () -> {
                        long sum = 0;
                        for (int i = 0; i < OPERATIONS; i++) {
                            sum += map.translate(gpa(i), Access.READ).gpa();
                        }
                        return sum;
                    });
            for (int hole = 0; hole < 32; hole++) {
                map.protect(new GpaRange(0x2000_0000L + hole * 8192L, 4096), Permissions.RX);
            }
            double load =
                    report(
                            "loadU64 with " + map.slots().size() + " regions",
                            () -> {
                                long sum = 0;
                                for (int i = 0; i < OPERATIONS; i++) {
                                    sum += memory.loadU64(gpa(i));
                                }
                                return sum;
                            });
            assertTrue(load < 100, "A load costs " + load + " ns");
        }
        assertTrue(sink != 42);
    }

    private void loads(StageTwoMap map, MappedGuestMemory memory, MemorySegment direct) {
        report(
                "nothing",
                () -> {
                    long sum = 0;
                    for (int i = 0; i < OPERATIONS; i++) {
                        sum += gpa(i);
                    }
                    return sum;
                });
        report(
                "load by offset, no lookup",
                () -> {
                    long sum = 0;
                    for (int i = 0; i < OPERATIONS; i++) {
                        long offset = gpa(i) & 0x3fff_ffffL;
                        sum += direct.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
                    }
                    return sum;
                });
        report(
                "lookup alone",
                () -> {
                    long sum = 0;
                    for (int i = 0; i < OPERATIONS; i++) {
                        sum += RamRegion.find(map.regions(), gpa(i)).hostOffset;
                    }
                    return sum;
                });
        report(
                "loadU64",
                () -> {
                    long sum = 0;
                    for (int i = 0; i < OPERATIONS; i++) {
                        sum += memory.loadU64(gpa(i));
                    }
                    return sum;
                });
        report(
                "loadAcquireU16",
                () -> {
                    long sum = 0;
                    for (int i = 0; i < OPERATIONS; i++) {
                        sum += memory.loadAcquireU16(gpa(i));
                    }
                    return sum;
                });
        MemorySegment block = MemorySegment.ofArray(new byte[16]);
        report(
                "read of 16 bytes",
                () -> {
                    for (int i = 0; i < OPERATIONS; i++) {
                        memory.read(gpa(i) & -16, block);
                    }
                    return block.get(ValueLayout.JAVA_BYTE, 0);
                });
    }

    private void stores(MappedGuestMemory memory) {
        report(
                "storeU64 with its dirty mark",
                () -> {
                    for (int i = 0; i < OPERATIONS; i++) {
                        memory.storeU64(gpa(i), i);
                    }
                    return 0;
                });
        report(
                "storeReleaseU16 with its mark",
                () -> {
                    for (int i = 0; i < OPERATIONS; i++) {
                        memory.storeReleaseU16(gpa(i) & -2, i);
                    }
                    return 0;
                });
    }
}
