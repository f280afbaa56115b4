package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.CpuidEntry;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

class CpuidPolicyTest {
    private static final long TSC_KHZ = 2_600_000;

    private static CpuidEntry leaf(int function, int eax, int ebx, int ecx, int edx) {
        return new CpuidEntry(function, 0, 0, eax, ebx, ecx, edx);
    }

    private static CpuidEntry subleaf(int function, int index, int eax, int ecx) {
        return new CpuidEntry(function, index, CpuidEntry.SIGNIFICANT_INDEX, eax, 0, ecx, 0);
    }

    /** Part of what KVM says on a Zen machine; the bits to be cleared are set. */
    private static List<CpuidEntry> amd() {
        List<CpuidEntry> entries = new ArrayList<>();
        entries.add(leaf(0, 0x1c, 0x6874_7541, 0x444d_4163, 0x6974_6e65));
        entries.add(leaf(1, 0x00a1_0f11, 0x0102_0800, 0x8920_2008, 0x178b_fbff));
        entries.add(leaf(5, 64, 64, 3, 0));
        entries.add(subleaf(7, 0, 0, 1 << 4 | 4));
        entries.add(subleaf(0xb, 0, 5, 5));
        entries.add(leaf(0x15, 0, 0, 0, 0));
        entries.add(leaf(0x4000_0000, 0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d));
        entries.add(leaf(0x4000_0001, 0x0100_7efb, 0, 0, 0));
        entries.add(leaf(0x8000_0000, 0x8000_0021, 0x6874_7541, 0x444d_4163, 0x6974_6e65));
        entries.add(leaf(0x8000_0001, 0x00a1_0f11, 0, 0x2040_0391, 0x23d3_fbff));
        entries.add(leaf(0x8000_0008, 0x3030, 0, 0x1_7001, 0));
        entries.add(subleaf(0x8000_001d, 0, 0x121 | 7 << 14, 0x3f));
        entries.add(subleaf(0x8000_001d, 3, 0x163 | 7 << 14, 0x7fff));
        entries.add(subleaf(0x8000_001d, 4, 0, 0));
        entries.add(leaf(0x8000_001e, 0, 0, 0, 0));
        return entries;
    }

    private static List<CpuidEntry> intel() {
        List<CpuidEntry> entries = new ArrayList<>();
        entries.add(leaf(0, 0x20, 0x756e_6547, 0x6c65_746e, 0x4965_6e69));
        entries.add(leaf(1, 0x0008_06f8, 0x0510_0800, 0x7ffa_f38f, 0x0fab_fbff));
        entries.add(subleaf(4, 0, 0x7c00_0121 | 1 << 14, 63));
        entries.add(subleaf(4, 3, 0x7c00_0163 | 63 << 14, 0xffff));
        entries.add(subleaf(4, 4, 0, 0));
        entries.add(leaf(0x15, 0, 0, 0, 0));
        entries.add(leaf(0x16, 0, 0, 0, 0));
        entries.add(subleaf(0x1f, 0, 1, 0x100));
        entries.add(leaf(0x8000_0008, 0x3934, 0, 0, 0));
        return entries;
    }

    private static CpuidEntry find(List<CpuidEntry> table, int function, int index) {
        for (CpuidEntry entry : table) {
            if (entry.function() == function && entry.index() == index) {
                return entry;
            }
        }
        throw new AssertionError("no leaf 0x" + Integer.toHexString(function) + "." + index);
    }

    @Test
    void identifiesTheVcpuInEveryLeafThatDoes() {
        List<CpuidEntry> table = CpuidPolicy.forGuest(amd(), 2, 3, TSC_KHZ, true);
        assertEquals(0x0203_0800, find(table, 1, 0).ebx());
        for (int level = 0; level < 3; level++) {
            assertEquals(2, find(table, 0xb, level).edx());
        }
        assertEquals(2, find(table, 0x8000_001e, 0).eax());
        assertEquals(2, find(table, 0x8000_001e, 0).ebx(), "core 2, one thread a core");
    }

    @Test
    void countsCoresConsistently() {
        int[] cpusAndBits = {1, 0, 2, 1, 3, 2, 4, 2, 5, 3, 255, 8};
        for (int i = 0; i < cpusAndBits.length; i += 2) {
            int cpus = cpusAndBits[i];
            int bits = cpusAndBits[i + 1];
            List<CpuidEntry> table = CpuidPolicy.forGuest(amd(), 0, cpus, TSC_KHZ, true);
            assertEquals(cpus, find(table, 1, 0).ebx() >>> 16 & 0xff);
            assertEquals(cpus > 1, (find(table, 1, 0).edx() & 1 << 28) != 0, "HTT");
            assertEquals(cpus > 1, (find(table, 0x8000_0001, 0).ecx() & 2) != 0, "CmpLegacy");
            assertEquals(0, find(table, 0xb, 0).eax());
            assertEquals(1, find(table, 0xb, 0).ebx());
            assertEquals(0x100, find(table, 0xb, 0).ecx());
            assertEquals(bits, find(table, 0xb, 1).eax());
            assertEquals(cpus, find(table, 0xb, 1).ebx());
            assertEquals(0x201, find(table, 0xb, 1).ecx());
            assertEquals(0x1_0000 | bits << 12 | cpus - 1, find(table, 0x8000_0008, 0).ecx());
            assertEquals(0x121, find(table, 0x8000_001d, 0).eax(), "L1 is private");
            assertEquals(0x163 | cpus - 1 << 14, find(table, 0x8000_001d, 3).eax());
            assertEquals(0, find(table, 0x8000_001d, 4).eax());

            table = CpuidPolicy.forGuest(intel(), 0, cpus, TSC_KHZ, true);
            int ids = (1 << bits) - 1;
            int cores = Math.min(ids, 63) << 26;
            assertEquals(0x121 | cores, find(table, 4, 0).eax());
            assertEquals(0x163 | cores | ids << 14, find(table, 4, 3).eax());
            assertEquals(0, find(table, 4, 4).eax());
            assertEquals(cpus, find(table, 0x1f, 1).ebx());
            assertEquals(bits, find(table, 0x1f, 1).eax());
            assertEquals(0, find(table, 0x8000_0008, 0).ecx(), "reserved on Intel");
        }
    }

    @Test
    void switchesTheBitsThatAreThePolicys() {
        for (List<CpuidEntry> supported : List.of(amd(), intel())) {
            for (boolean deadline : new boolean[] {true, false}) {
                List<CpuidEntry> table = CpuidPolicy.forGuest(supported, 0, 1, TSC_KHZ, deadline);
                int ecx = find(table, 1, 0).ecx();
                assertTrue(ecx < 0, "hypervisor bit");
                assertEquals(0, ecx & 1 << 3, "MONITOR");
                assertEquals(0, ecx & 1 << 27, "OSXSAVE is the guest's");
                assertEquals(deadline, (ecx & 1 << 24) != 0);
            }
        }
        List<CpuidEntry> table = CpuidPolicy.forGuest(amd(), 0, 1, TSC_KHZ, true);
        assertEquals(4, find(table, 7, 0).ecx(), "OSPKE is the guest's");
        assertEquals(0, find(table, 5, 0).eax());
        assertEquals(0, find(table, 0x8000_0001, 0).ecx() & 1 << 29, "MONITORX");
    }

    @Test
    void tellsTheFrequencies() {
        List<CpuidEntry> table = CpuidPolicy.forGuest(intel(), 0, 1, TSC_KHZ, true);
        assertEquals(
                leaf(0x4000_0000, 0x4000_0010, 0x4b4d_564b, 0x564b_4d56, 0x4d),
                find(table, 0x4000_0000, 0));
        assertEquals(leaf(0x4000_0001, 0, 0, 0, 0), find(table, 0x4000_0001, 0));
        assertEquals(leaf(0x4000_0010, 2_600_000, 1_000_000, 0, 0), find(table, 0x4000_0010, 0));
        assertEquals(leaf(0x15, 5, 13, 1_000_000_000, 0), find(table, 0x15, 0));
        assertEquals(leaf(0x16, 2600, 2600, 100, 0), find(table, 0x16, 0));
        // 2599999/1000000 is no short ratio; a kernel would overflow on it.
        table = CpuidPolicy.forGuest(intel(), 0, 1, 2_599_999, true);
        assertEquals(leaf(0x15, 0, 0, 0, 0), find(table, 0x15, 0));
        assertEquals(2600, find(table, 0x16, 0).eax());
        table = CpuidPolicy.forGuest(amd(), 0, 1, TSC_KHZ, true);
        assertEquals(leaf(0x15, 0, 0, 0, 0), find(table, 0x15, 0));
        assertEquals(0x0100_7efb, find(table, 0x4000_0001, 0).eax());
        table = CpuidPolicy.forGuest(amd(), 0, 1, 0, true);
        assertEquals(0x4000_0001, find(table, 0x4000_0000, 0).eax());
        assertTrue(table.stream().noneMatch(e -> e.function() == 0x4000_0010));
    }

    @Test
    void dependsNeitherOnOrderNorOnWhatTheHostSaysAboutItself() {
        List<CpuidEntry> expected = CpuidPolicy.forGuest(amd(), 1, 2, TSC_KHZ, true);
        List<CpuidEntry> shuffled = amd();
        for (int seed = 0; seed < 20; seed++) {
            Collections.shuffle(shuffled, new Random(seed));
            assertEquals(expected, CpuidPolicy.forGuest(shuffled, 1, 2, TSC_KHZ, true));
        }
        for (int i = 1; i < expected.size(); i++) {
            CpuidEntry a = expected.get(i - 1);
            CpuidEntry b = expected.get(i);
            int order = Integer.compareUnsigned(a.function(), b.function());
            assertTrue(order < 0 || order == 0 && a.index() < b.index(), a + " before " + b);
        }
    }

    @Test
    void refusesImpossibleVcpus() {
        for (int[] bad : new int[][] {{0, 0}, {1, 1}, {-1, 1}, {0, 256}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> CpuidPolicy.forGuest(amd(), bad[0], bad[1], TSC_KHZ, true));
        }
        assertThrows(
                IllegalArgumentException.class, () -> CpuidPolicy.forGuest(amd(), 0, 1, -1, true));
        assertEquals(0, CpuidPolicy.forGuest(List.of(), 0, 1, 0, true).get(0).ebx() - 0x4b4d_564b);
    }
}
