package dev.hosta.machine;

import dev.hosta.kvm.CpuidEntry;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.memory.PagingState;

import java.util.List;

/**
 * What a vCPU's paging can do at most, as its CPUID says; decides which bits of a page table entry
 * are reserved.
 *
 * @param maxPhyAddrBits width of a physical address, 32..52 (leaf 0x80000008, EAX[7:0])
 * @param pages1G whether pages of 1 GiB exist (leaf 0x80000001, EDX[26])
 */
record PagingLimits(int maxPhyAddrBits, boolean pages1G) {
    private static final int EXTENDED_FEATURES = 0x8000_0001;
    private static final int ADDRESS_WIDTHS = 0x8000_0008;
    private static final int PAGES_1G = 1 << 26;

    /** Width on a CPU without the leaf: that of PAE (SDM vol. 3A §4.1.4). */
    private static final int DEFAULT_BITS = 36;

    static PagingLimits of(List<CpuidEntry> cpuid) {
        int bits = DEFAULT_BITS;
        boolean pages1G = false;
        for (CpuidEntry entry : cpuid) {
            if (entry.function() == ADDRESS_WIDTHS) {
                bits = Math.clamp(entry.eax() & 0xff, 32, 52);
            } else if (entry.function() == EXTENDED_FEATURES) {
                pages1G = (entry.edx() & PAGES_1G) != 0;
            }
        }
        return new PagingLimits(bits, pages1G);
    }

    /** The paging of a vCPU with these registers. */
    PagingState stateOf(KvmSregs sregs) {
        return new PagingState(
                sregs.cr0(), sregs.cr3(), sregs.cr4(), sregs.efer(), maxPhyAddrBits, pages1G);
    }
}
