package dev.hosta.memory;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.memory.GuestMemoryException;

import java.util.ArrayList;
import java.util.List;

/**
 * Walks the guest's own page tables, gva -> gpa, as the CPU would, and says why where it would not.
 *
 * <p>It only reads: accessed and dirty bits are reported as the guest left them and never set. The
 * tables are the guest's, so they may be anything: the walk reads at most one entry a level, five
 * in all, through the checked {@link GuestMemory}, and so ends for tables that point at themselves,
 * at devices or at nothing.
 *
 * <p>Not modelled: protection keys (CR4.PKE, PKS), shadow stacks, linear address masking. PAE's
 * four pointers are read from memory, while a CPU keeps them from the last load of CR3.
 *
 * <p>Source: Intel SDM vol. 3A, ch. 4 "Paging"; AMD APM vol. 2, ch. 5.
 *
 * <p>Threading: immutable; any thread. Of a running guest the answer is as of some moment during
 * each entry's read.
 */
public final class StageOneWalker {
    private static final int CODE_PRESENT = 1;
    private static final int CODE_WRITE = 1 << 1;
    private static final int CODE_USER = 1 << 2;
    private static final int CODE_RESERVED = 1 << 3;
    private static final int CODE_FETCH = 1 << 4;
    private static final long ADDRESS_MASK = 0x000f_ffff_ffff_f000L;

    private final GuestMemory memory;

    /**
     * A walker over {@code memory}.
     *
     * @param memory where the tables are read from
     */
    public StageOneWalker(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Translates one address.
     *
     * @param state the vCPU's registers
     * @param gva linear address; outside long mode only its low 32 bits count
     * @param access what is done there
     * @param privilege in whose name
     * @return the translation or the fault, each with the entries that were read
     */
    public StageOneResult walk(PagingState state, long gva, Access access, Privilege privilege) {
        return new Walk(state, gva, access, privilege).run();
    }

    /** One walk: the question, and what was read so far. */
    private final class Walk {
        private final PagingState state;
        private final PagingMode mode;
        private final long gva;
        private final Access access;
        private final Privilege privilege;
        private final List<PageTableEntry> entries = new ArrayList<>(5);
        private boolean writable = true;
        private boolean user = true;
        private boolean executable = true;

        Walk(PagingState state, long gva, Access access, Privilege privilege) {
            this.state = state;
            this.mode = state.mode();
            this.gva = mode.isLong() ? gva : gva & 0xffff_ffffL;
            this.access = access;
            this.privilege = privilege;
        }

        StageOneResult run() {
            if (mode == PagingMode.NONE) {
                return page(gva, PageSize.SIZE_4K);
            }
            int unused = Long.SIZE - mode.linearBits();
            if (mode.isLong() && gva << unused >> unused != gva) {
                return fault(0, PageFault.Reason.NOT_CANONICAL, 0);
            }
            long tableGpa = state.rootGpa();
            for (int level = mode.levels(); level >= 1; level--) {
                PageTableEntry entry;
                try {
                    entry = read(level, tableGpa);
                } catch (GuestMemoryException e) {
                    return fault(level, PageFault.Reason.TABLE_NOT_IN_RAM, tableGpa);
                }
                entries.add(entry);
                if (!entry.present()) {
                    return fault(level, PageFault.Reason.NOT_PRESENT, tableGpa);
                }
                if ((entry.value() & ReservedBits.of(state, entry)) != 0) {
                    return fault(level, PageFault.Reason.RESERVED_BIT, tableGpa);
                }
                if (!(mode == PagingMode.PAE && level == 3)) {
                    writable &= entry.writable();
                    user &= entry.user();
                }
                executable &= !(state.noExecute() && entry.noExecute());
                PageSize size = ReservedBits.pageSize(state, entry);
                if (size != null) {
                    return allowed(entry, size);
                }
                tableGpa = address(entry);
            }
            throw new IllegalStateException("A PTE maps a page always");
        }

        private PageTableEntry read(int level, long tableGpa) {
            int bits = mode == PagingMode.LEGACY_32 ? 10 : 9;
            int index = (int) (gva >>> (12 + bits * (level - 1))) & ((1 << bits) - 1);
            long gpa = tableGpa + (long) index * mode.entryBytes();
            long value = mode.entryBytes() == 8 ? memory.loadU64(gpa) : memory.loadU32(gpa);
            return new PageTableEntry(level, tableGpa, index, value);
        }

        private long address(PageTableEntry entry) {
            return entry.value() & ADDRESS_MASK;
        }

        /** Rights are checked once the page is known, over all entries on the way. */
        private StageOneResult allowed(PageTableEntry entry, PageSize size) {
            PageFault.Reason reason = refusal();
            if (reason != null) {
                return fault(faultLevel(reason), reason, entry.tableGpa());
            }
            long base = address(entry) & ~size.offsetMask();
            if (size == PageSize.SIZE_4M) {
                base = entry.value() & 0xffc0_0000L | (entry.value() >>> 13 & 0xff) << 32;
            }
            return page(base | gva & size.offsetMask(), size);
        }

        private PageFault.Reason refusal() {
            boolean fetch = access == Access.EXECUTE;
            boolean supervisor = privilege != Privilege.USER;
            if (!supervisor && !user) {
                return PageFault.Reason.SUPERVISOR_PAGE;
            }
            if (supervisor && user && fetch && state.smep()) {
                return PageFault.Reason.SMEP;
            }
            if (supervisor
                    && user
                    && !fetch
                    && state.smap()
                    && privilege != Privilege.SUPERVISOR_AC) {
                return PageFault.Reason.SMAP;
            }
            if (access == Access.WRITE && !writable && (!supervisor || state.writeProtect())) {
                return PageFault.Reason.READ_ONLY;
            }
            return fetch && !executable ? PageFault.Reason.NO_EXECUTE : null;
        }

        /** The first level on the way that takes the right away. */
        private int faultLevel(PageFault.Reason reason) {
            for (PageTableEntry entry : entries) {
                boolean takes =
                        switch (reason) {
                            case SUPERVISOR_PAGE -> !entry.user();
                            case READ_ONLY -> !entry.writable();
                            case NO_EXECUTE -> entry.noExecute();
                            case SMEP,
                                    SMAP,
                                    NOT_CANONICAL,
                                    NOT_PRESENT,
                                    RESERVED_BIT,
                                    TABLE_NOT_IN_RAM ->
                                    false;
                        };
                if (takes && !(mode == PagingMode.PAE && entry.level() == 3)) {
                    return entry.level();
                }
            }
            return entries.getLast().level();
        }

        private Translation page(long gpa, PageSize size) {
            return new Translation(
                    gva, state, gpa, size, writable, user, executable, List.copyOf(entries));
        }

        private PageFault fault(int level, PageFault.Reason reason, long tableGpa) {
            int code =
                    switch (reason) {
                        case NOT_CANONICAL, TABLE_NOT_IN_RAM -> 0;
                        case NOT_PRESENT -> codeOf(0);
                        case RESERVED_BIT -> codeOf(CODE_PRESENT | CODE_RESERVED);
                        case SUPERVISOR_PAGE, READ_ONLY, NO_EXECUTE, SMEP, SMAP ->
                                codeOf(CODE_PRESENT);
                    };
            return new PageFault(
                    gva, state, access, level, reason, code, tableGpa, List.copyOf(entries));
        }

        /** Bit 4 is set for fetches only where XD or SMEP can forbid them. */
        private int codeOf(int bits) {
            boolean fetches = state.noExecute() || state.smep();
            return bits
                    | (access == Access.WRITE ? CODE_WRITE : 0)
                    | (privilege == Privilege.USER ? CODE_USER : 0)
                    | (access == Access.EXECUTE && fetches ? CODE_FETCH : 0);
        }
    }
}
