package dev.hosta.memory;

/**
 * The registers of a vCPU that decide over its paging.
 *
 * @param cr0 bits PG and WP count
 * @param cr3 the gpa of the first table; low bits (PCID, cache control) are ignored
 * @param cr4 bits PSE, PAE, LA57, SMEP, SMAP count
 * @param efer bits LMA and NXE count
 * @param maxPhyAddrBits width of a physical address, CPUID 0x80000008 EAX[7:0], 32..52
 * @param pages1G whether the CPU has pages of 1G, CPUID 0x80000001 EDX[26]; else PS is reserved in
 *     a PDPTE
 */
public record PagingState(
        long cr0, long cr3, long cr4, long efer, int maxPhyAddrBits, boolean pages1G) {
    private static final long CR0_WP = 1L << 16;
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PSE = 1L << 4;
    private static final long CR4_PAE = 1L << 5;
    private static final long CR4_LA57 = 1L << 12;
    private static final long CR4_SMEP = 1L << 20;
    private static final long CR4_SMAP = 1L << 21;
    private static final long EFER_LMA = 1L << 10;
    private static final long EFER_NXE = 1L << 11;

    /** Checks the width of physical addresses. */
    public PagingState {
        if (maxPhyAddrBits < 32 || maxPhyAddrBits > 52) {
            throw new IllegalArgumentException(
                    "MAXPHYADDR must be 32..52: maxPhyAddrBits=" + maxPhyAddrBits);
        }
    }

    /** The registers of a CPU that has pages of 1G. */
    public PagingState(long cr0, long cr3, long cr4, long efer, int maxPhyAddrBits) {
        this(cr0, cr3, cr4, efer, maxPhyAddrBits, true);
    }

    /** The mode that the registers add up to. */
    public PagingMode mode() {
        if ((cr0 & CR0_PG) == 0) {
            return PagingMode.NONE;
        }
        if ((cr4 & CR4_PAE) == 0) {
            return PagingMode.LEGACY_32;
        }
        if ((efer & EFER_LMA) == 0) {
            return PagingMode.PAE;
        }
        return (cr4 & CR4_LA57) == 0 ? PagingMode.LEVEL_4 : PagingMode.LEVEL_5;
    }

    /** CR0.WP: supervisor writes heed read-only pages too. */
    boolean writeProtect() {
        return (cr0 & CR0_WP) != 0;
    }

    /** CR4.PSE: 32-bit paging has pages of 4M. */
    boolean largePages32() {
        return (cr4 & CR4_PSE) != 0;
    }

    /** CR4.SMEP: the supervisor executes no user pages. */
    boolean smep() {
        return (cr4 & CR4_SMEP) != 0;
    }

    /** CR4.SMAP: the supervisor touches no user pages while EFLAGS.AC = 0. */
    boolean smap() {
        return (cr4 & CR4_SMAP) != 0;
    }

    /** EFER.NXE in a mode whose entries have the bit: bit 63 forbids execution. */
    boolean noExecute() {
        return (efer & EFER_NXE) != 0 && mode().entryBytes() == 8;
    }

    /** The gpa of the first table. */
    long rootGpa() {
        return switch (mode()) {
            case NONE -> 0;
            case LEGACY_32 -> cr3 & 0xffff_f000L;
            case PAE -> cr3 & 0xffff_ffe0L;
            case LEVEL_4, LEVEL_5 -> cr3 & 0x000f_ffff_ffff_f000L;
        };
    }

    /** One line: mode, cr3, and the bits that change what is allowed. */
    public String toText() {
        return String.format(
                "%s, cr3=0x%x, WP=%d NXE=%d SMEP=%d SMAP=%d, MAXPHYADDR=%d",
                mode(),
                cr3,
                writeProtect() ? 1 : 0,
                noExecute() ? 1 : 0,
                smep() ? 1 : 0,
                smap() ? 1 : 0,
                maxPhyAddrBits);
    }
}
