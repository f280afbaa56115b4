package dev.hosta.boot;

import dev.hosta.kvm.CpuidEntry;

import java.util.ArrayList;
import java.util.List;

/**
 * What a guest's CPUID says: all that KVM supports, with topology, hypervisor leaves and
 * frequencies made right for this machine (one socket, one thread a core).
 *
 * <p>The result depends on the arguments alone and is sorted, so that equal hosts give equal
 * tables. Source: Intel SDM volume 2A "CPUID", AMD APM volume 3 appendix E, Linux
 * Documentation/virt/kvm/x86/cpuid.rst.
 *
 * <p>Threading: no state.
 */
public final class CpuidPolicy {
    private static final int KVM_SIGNATURE = 0x4000_0000;
    private static final int KVM_FEATURES = 0x4000_0001;
    private static final int HYPERVISOR_TIMING = 0x4000_0010;
    private static final int LAPIC_BUS_KHZ = 1_000_000; // KVM counts the APIC timer in ns
    private static final int MAX_CPUS = AcpiBoard.MAX_CPUS;

    private CpuidPolicy() {}

    /**
     * The table for one vCPU.
     *
     * @param supported what {@code KVM_GET_SUPPORTED_CPUID} gave
     * @param vcpuIndex the vCPU, also its APIC id: 0..cpus-1
     * @param cpus virtual CPUs of the machine, 1..255
     * @param tscKhz the guest's TSC frequency in kHz, 0 if unknown
     * @param tscDeadlineTimer whether KVM has {@code KVM_CAP_TSC_DEADLINE_TIMER}
     * @return entries by ascending leaf and subleaf, for {@code KVM_SET_CPUID2}
     */
    public static List<CpuidEntry> forGuest(
            List<CpuidEntry> supported,
            int vcpuIndex,
            int cpus,
            long tscKhz,
            boolean tscDeadlineTimer) {
        if (cpus < 1 || cpus > MAX_CPUS || vcpuIndex < 0 || vcpuIndex >= cpus) {
            throw new IllegalArgumentException(
                    "No such vCPU: vcpuIndex=" + vcpuIndex + ", cpus=" + cpus);
        }
        if (tscKhz < 0 || tscKhz > 0xffff_ffffL) {
            throw new IllegalArgumentException("Bad TSC frequency: tscKhz=" + tscKhz);
        }
        boolean amd = isAmd(supported);
        CpuTopology topology = new CpuTopology(vcpuIndex, cpus);
        List<CpuidEntry> table = new ArrayList<>(supported.size() + 16);
        for (int i = 0; i < supported.size(); i++) {
            CpuidEntry entry = supported.get(i);
            if (!replaced(entry.function())) {
                insert(table, adjust(entry, topology, amd, tscKhz, tscDeadlineTimer));
            }
        }
        int maxLeaf = maxLeaf(supported);
        if (maxLeaf >= 0xb) {
            addLevels(table, 0xb, topology);
        }
        if (maxLeaf >= 0x1f) {
            addLevels(table, 0x1f, topology);
        }
        addHypervisor(table, supported, tscKhz);
        return List.copyOf(table);
    }

    /** Leaves that are written anew below, whatever KVM says. */
    private static boolean replaced(int function) {
        return function == 0xb
                || function == 0x1f
                || function == KVM_SIGNATURE
                || function == KVM_FEATURES
                || function == HYPERVISOR_TIMING;
    }

    private static CpuidEntry adjust(
            CpuidEntry e, CpuTopology topology, boolean amd, long tscKhz, boolean deadline) {
        return switch (e.function()) {
            case 0x1 -> leaf1(e, topology, deadline);
            case 0x4 -> with(e, topology.intelCache(e.eax()), e.ebx(), e.ecx(), e.edx());
            case 0x5 -> with(e, 0, 0, 0, 0); // MONITOR and MWAIT are off
            case 0x7 ->
                    // OSPKE mirrors the guest's CR4.PKE; KVM keeps it up to date.
                    e.index() == 0 ? with(e, e.eax(), e.ebx(), e.ecx() & ~(1 << 4), e.edx()) : e;
            case 0x15 -> amd ? e : crystal(e, tscKhz);
            case 0x16 -> amd ? e : frequencies(e, tscKhz);
            case 0x8000_0001 -> amd ? amdFeatures(e, topology) : e;
            case 0x8000_0008 -> amd ? amdCores(e, topology) : e;
            case 0x8000_001d ->
                    amd ? with(e, topology.amdCache(e.eax()), e.ebx(), e.ecx(), e.edx()) : e;
            case 0x8000_001e -> amd ? amdTopology(e, topology) : e;
            case 0x8000_0026 -> with(e, 0, 0, 0, 0); // the host's own extended topology
            default -> e;
        };
    }

    private static CpuidEntry leaf1(CpuidEntry e, CpuTopology topology, boolean deadline) {
        int ebx = e.ebx() & 0xffff | topology.cpus() << 16 | topology.apicId() << 24;
        int ecx = e.ecx() | 1 << 31; // a hypervisor is there
        ecx &= ~(1 << 3); // MONITOR
        ecx &= ~(1 << 27); // OSXSAVE mirrors the guest's CR4; KVM keeps it up to date
        ecx = deadline ? ecx | 1 << 24 : ecx & ~(1 << 24);
        int htt = 1 << 28;
        int edx = topology.cpus() > 1 ? e.edx() | htt : e.edx() & ~htt;
        return with(e, e.eax(), ebx, ecx, edx);
    }

    /**
     * Leaf 0x15: TSC Hz = ecx * ebx / eax. Kernels take the crystal for the APIC timer's clock too,
     * so it must be KVM's 1 GHz; they multiply kHz in 32 bits, so that a ratio that is not short is
     * left out.
     */
    private static CpuidEntry crystal(CpuidEntry e, long tscKhz) {
        long divisor = greatestCommonDivisor(tscKhz, LAPIC_BUS_KHZ);
        long numerator = tscKhz / divisor;
        if (tscKhz == 0 || numerator * LAPIC_BUS_KHZ > 0xffff_ffffL) {
            return with(e, 0, 0, 0, 0);
        }
        return with(e, (int) (LAPIC_BUS_KHZ / divisor), (int) numerator, LAPIC_BUS_KHZ * 1000, 0);
    }

    /** Leaf 0x16: base and maximum MHz, bus MHz. */
    private static CpuidEntry frequencies(CpuidEntry e, long tscKhz) {
        int mhz = (int) Math.min((tscKhz + 500) / 1000, 0xffff);
        return tscKhz == 0 ? with(e, 0, 0, 0, 0) : with(e, mhz, mhz, 100, 0);
    }

    private static CpuidEntry amdFeatures(CpuidEntry e, CpuTopology topology) {
        int cmpLegacy = 1 << 1;
        int ecx = topology.cpus() > 1 ? e.ecx() | cmpLegacy : e.ecx() & ~cmpLegacy;
        return with(e, e.eax(), e.ebx(), ecx & ~(1 << 29), e.edx()); // 29: MONITORX
    }

    private static CpuidEntry amdCores(CpuidEntry e, CpuTopology topology) {
        int ecx = e.ecx() & ~0xf0ff;
        ecx |= topology.cpus() - 1 | topology.idBits() << 12;
        return with(e, e.eax(), e.ebx(), ecx, e.edx());
    }

    private static CpuidEntry amdTopology(CpuidEntry e, CpuTopology topology) {
        return with(e, topology.apicId(), topology.apicId() & 0xff, 0, 0);
    }

    /** Extended topology: a thread level of one thread, a core level of all cores, an end. */
    private static void addLevels(List<CpuidEntry> table, int function, CpuTopology topology) {
        int id = topology.apicId();
        level(table, function, 0, 0, 1, 1 << 8, id);
        level(table, function, 1, topology.idBits(), topology.cpus(), 2 << 8 | 1, id);
        level(table, function, 2, 0, 0, 2, id);
    }

    private static void level(
            List<CpuidEntry> table, int function, int index, int eax, int ebx, int ecx, int edx) {
        int flags = CpuidEntry.SIGNIFICANT_INDEX;
        insert(table, new CpuidEntry(function, index, flags, eax, ebx, ecx, edx));
    }

    private static void addHypervisor(
            List<CpuidEntry> table, List<CpuidEntry> supported, long tscKhz) {
        CpuidEntry features = find(supported, KVM_FEATURES);
        int last = tscKhz == 0 ? KVM_FEATURES : HYPERVISOR_TIMING;
        insert(table, entry(KVM_SIGNATURE, last, 0x4b4d_564b, 0x564b_4d56, 0x4d)); // KVMKVMKVM
        insert(table, features == null ? entry(KVM_FEATURES, 0, 0, 0, 0) : features);
        if (tscKhz != 0) {
            insert(table, entry(HYPERVISOR_TIMING, (int) tscKhz, LAPIC_BUS_KHZ, 0, 0));
        }
    }

    private static CpuidEntry entry(int function, int eax, int ebx, int ecx, int edx) {
        return new CpuidEntry(function, 0, 0, eax, ebx, ecx, edx);
    }

    private static CpuidEntry with(CpuidEntry e, int eax, int ebx, int ecx, int edx) {
        return new CpuidEntry(e.function(), e.index(), e.flags(), eax, ebx, ecx, edx);
    }

    /** AMD and Hygon share the leaves above 0x80000000. */
    private static boolean isAmd(List<CpuidEntry> supported) {
        CpuidEntry vendor = find(supported, 0);
        return vendor != null
                && (vendor.ecx() == 0x444d_4163 || vendor.ecx() == 0x656e_6975); // cAMD, uine
    }

    private static int maxLeaf(List<CpuidEntry> supported) {
        CpuidEntry first = find(supported, 0);
        return first == null ? 0 : first.eax();
    }

    private static CpuidEntry find(List<CpuidEntry> entries, int function) {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).function() == function) {
                return entries.get(i);
            }
        }
        return null;
    }

    /** Keeps the table sorted; it arrives nearly so. Of two equal keys the first stays. */
    private static void insert(List<CpuidEntry> table, CpuidEntry entry) {
        int at = table.size();
        while (at > 0 && compare(table.get(at - 1), entry) > 0) {
            at--;
        }
        if (at == 0 || compare(table.get(at - 1), entry) != 0) {
            table.add(at, entry);
        }
    }

    private static int compare(CpuidEntry a, CpuidEntry b) {
        int byFunction = Integer.compareUnsigned(a.function(), b.function());
        return byFunction != 0 ? byFunction : Integer.compareUnsigned(a.index(), b.index());
    }

    private static long greatestCommonDivisor(long a, long b) {
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    }
}
