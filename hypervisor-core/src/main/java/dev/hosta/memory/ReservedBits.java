package dev.hosta.memory;

/**
 * Which bits of a guest's page-table entry must be zero, and which page it maps, if any.
 *
 * <pre>
 *  mode, entry           reserved
 *  32-bit, 4M page       21, and those of 20:13 that are past MAXPHYADDR (PSE-36)
 *  PAE, PDPTE            2:1, 8:5, 63:MAXPHYADDR
 *  PAE, PDE and PTE      62:MAXPHYADDR, 63 without NXE
 *  4/5-level, all        51:MAXPHYADDR, 63 without NXE
 *  5-level, PML5E        7
 *  4/5-level, PML4E      7
 *  4/5-level, PDPTE      7, on a CPU without 1G pages
 *  1G page               29:13
 *  2M page               20:13
 * </pre>
 *
 * <p>Source: Intel SDM vol. 3A, ch. 4, formats of the paging-structure entries.
 */
final class ReservedBits {
    private ReservedBits() {}

    /** The size of the page that {@code entry} maps, or null where it leads to a table. */
    static PageSize pageSize(PagingState state, PageTableEntry entry) {
        if (entry.level() == 1) {
            return PageSize.SIZE_4K;
        }
        if (!entry.large()) {
            return null;
        }
        return switch (state.mode()) {
            case NONE -> null;
            case LEGACY_32 -> state.largePages32() ? PageSize.SIZE_4M : null;
            case PAE -> entry.level() == 2 ? PageSize.SIZE_2M : null;
            case LEVEL_4, LEVEL_5 ->
                    switch (entry.level()) {
                        case 2 -> PageSize.SIZE_2M;
                        case 3 -> state.pages1G() ? PageSize.SIZE_1G : null;
                        default -> null;
                    };
        };
    }

    /** The mask of bits that must be zero in {@code entry}, were it present. */
    static long of(PagingState state, PageTableEntry entry) {
        PageSize size = pageSize(state, entry);
        long reserved =
                switch (state.mode()) {
                    case NONE -> 0;
                    case LEGACY_32 ->
                            size == PageSize.SIZE_4M
                                    ? bits(21, 21) | bits(20, state.maxPhyAddrBits() - 19)
                                    : 0;
                    case PAE ->
                            entry.level() == 3
                                    ? bits(2, 1) | bits(8, 5) | bits(63, state.maxPhyAddrBits())
                                    : bits(62, state.maxPhyAddrBits()) | executeBit(state);
                    case LEVEL_4, LEVEL_5 ->
                            bits(51, state.maxPhyAddrBits())
                                    | executeBit(state)
                                    | (entry.level() >= (state.pages1G() ? 4 : 3) ? bits(7, 7) : 0);
                };
        if (size == PageSize.SIZE_2M) {
            reserved |= bits(20, 13);
        } else if (size == PageSize.SIZE_1G) {
            reserved |= bits(29, 13);
        }
        return reserved;
    }

    private static long executeBit(PagingState state) {
        return state.noExecute() ? 0 : bits(63, 63);
    }

    /** Bits {@code high:low}; none where low is above high. */
    private static long bits(int high, int low) {
        return low > high ? 0 : (-1L << low) & (-1L >>> (63 - high));
    }
}
