package dev.hosta.boot;

/**
 * One socket of single-threaded cores, as CPUID counts it.
 *
 * @param apicId the vCPU's local APIC id, its index
 * @param cpus cores in the socket, 1..255
 */
record CpuTopology(int apicId, int cpus) {
    private static final int TYPE = 0x1f;
    private static final int LEVEL_SHIFT = 5;
    private static final int LAST_PRIVATE_LEVEL = 2;
    private static final int SHARING_SHIFT = 14;
    private static final int SHARING_MASK = 0xfff;
    private static final int CORES_SHIFT = 26;
    private static final int CORES_MASK = 0x3f;

    /** Bits of the APIC id that tell cores apart. */
    int idBits() {
        return Integer.SIZE - Integer.numberOfLeadingZeros(cpus - 1);
    }

    /** Leaf 4 EAX: ids in the package and ids sharing the cache, each a power of two less one. */
    int intelCache(int eax) {
        if ((eax & TYPE) == 0) {
            return eax;
        }
        int ids = (1 << idBits()) - 1;
        int kept = eax & ~(SHARING_MASK << SHARING_SHIFT | CORES_MASK << CORES_SHIFT);
        int sharing = isPrivate(eax) ? 0 : ids;
        return kept | sharing << SHARING_SHIFT | Math.min(ids, CORES_MASK) << CORES_SHIFT;
    }

    /** Leaf 0x8000001d EAX: CPUs sharing the cache, less one. */
    int amdCache(int eax) {
        if ((eax & TYPE) == 0) {
            return eax;
        }
        int kept = eax & ~(SHARING_MASK << SHARING_SHIFT);
        return kept | (isPrivate(eax) ? 0 : cpus - 1) << SHARING_SHIFT;
    }

    /** L1 and L2 are each core's own; the last level is the socket's. */
    private static boolean isPrivate(int eax) {
        return (eax >> LEVEL_SHIFT & 0x7) <= LAST_PRIVATE_LEVEL;
    }
}
